import type { DialRoute, RouteDestination, RouteDraft } from '@parley/api-client/routes';
import { text } from '~/shared/text/text';

const kTrunksMost = 2;

/** The kinds of destination as the form offers them; "keep" is one that this form does not know. */
export type Kind = 'extension' | 'number' | 'changed' | 'trunk' | 'echo_test' | 'refuse' | 'keep';

/** What the form holds: what belongs to another kind of destination is kept while one tries kinds out. */
export interface FormState {
  name: string;
  pattern: string;
  restricted: boolean;
  callers: string[];
  kind: Kind;
  extension: string;
  number: string;
  trunk: string;
  otherTrunk: string;
  strip: number;
  prepend: string;
  reason: string;
  kept: RouteDestination;
  enabled: boolean;
}

export function kindOf(destination: RouteDestination): Kind {
  switch (destination.kind) {
    case 'number':
      return destination.number ? 'number' : 'changed';
    case 'trunk':
      return (destination.trunks?.length ?? 0) <= kTrunksMost ? 'trunk' : 'keep';
    case 'extension':
    case 'echo_test':
    case 'refuse':
      return destination.kind;
    default:
      return 'keep';
  }
}

export function formOf(route: DialRoute | null): FormState {
  const destination = route?.destination ?? { kind: 'extension' };
  const number = destination.number ?? '';
  return {
    name: route?.name ?? '',
    pattern: route?.pattern ?? '',
    restricted: (route?.callers.length ?? 0) > 0,
    callers: route?.callers ?? [],
    kind: kindOf(destination),
    extension: destination.kind === 'extension' ? number : '',
    number: destination.kind === 'number' ? number : '',
    trunk: destination.trunks?.[0] ?? '',
    otherTrunk: destination.trunks?.[1] ?? '',
    strip: route?.strip ?? 0,
    prepend: route?.prepend ?? '',
    reason: destination.reason ?? 'forbidden',
    kept: destination,
    enabled: route?.enabled ?? true,
  };
}

function destinationOf(form: FormState): RouteDestination {
  switch (form.kind) {
    case 'extension':
      return { kind: 'extension', number: form.extension };
    case 'number':
      return { kind: 'number', number: form.number.trim() };
    case 'changed':
      return { kind: 'number' };
    case 'trunk':
      return { kind: 'trunk', trunks: [form.trunk, form.otherTrunk].filter(Boolean) };
    case 'echo_test':
      return { kind: 'echo_test' };
    case 'refuse':
      return { kind: 'refuse', reason: form.reason };
    case 'keep':
      return form.kept;
  }
}

export function draftOf(form: FormState): RouteDraft {
  const changes = form.kind === 'changed' || form.kind === 'trunk' || form.kind === 'keep';
  return {
    name: form.name.trim(),
    pattern: form.pattern.trim(),
    callers: form.restricted ? form.callers : [],
    strip: changes ? form.strip : 0,
    prepend: changes ? form.prepend.trim() : '',
    destination: destinationOf(form),
    enabled: form.enabled,
  };
}

export type Mistakes = Partial<
  Record<'name' | 'pattern' | 'callers' | 'extension' | 'number' | 'trunk' | 'otherTrunk' | 'strip', string>
>;

/** What can be seen without the server; the grammar of patterns is the server's business. */
export function mistakesIn(form: FormState): Mistakes {
  const t = text.routes;
  const found: Mistakes = {};
  if (form.name.trim() === '') found.name = t.missing;
  if (form.pattern.trim() === '') found.pattern = t.missing;
  if (form.restricted && form.callers.length === 0) found.callers = t.chooseCallers;
  if (form.kind === 'extension' && form.extension === '') found.extension = t.chooseExtension;
  if (form.kind === 'trunk' && form.trunk === '') found.trunk = t.chooseTrunk;
  if (form.kind === 'trunk' && form.trunk !== '' && form.trunk === form.otherTrunk)
    found.otherTrunk = t.sameTrunk;
  if (form.kind === 'number' && !/^[\d*#+]+$/.test(form.number.trim())) found.number = t.tryNumberInvalid;
  if (form.kind === 'changed' && form.strip === 0 && form.prepend.trim() === '')
    found.strip = t.changesNothing;
  return found;
}
