import type { Trunk, TrunkDraft, TrunkNumber, TrunkSettings } from '@parley/api-client/trunks';
import { text } from '~/shared/text/text';

const kNew: TrunkSettings = {
  name: '',
  enabled: true,
  kind: 'register',
  host: '',
  port: 0,
  transport: '',
  username: '',
  realm: '',
  expires_s: 3600,
  addresses: [],
  probe_s: 30,
  channels: 0,
  caller_id: '',
  caller_in_from: true,
  asserted_identity: true,
  diversions: 'none',
  numbers: 'e164',
  country_code: '',
  national_prefix: '0',
  international_prefix: '00',
  inbound: [],
};

/** The form's state: settings that it does not show stay what they are. */
export interface TrunkForm extends Omit<TrunkSettings, 'inbound'> {
  password: string;
  inbound: string;
}

export function formOf(trunk: Trunk | null): TrunkForm {
  const { inbound, ...settings } = { ...kNew };
  const form: TrunkForm = { ...settings, password: '', inbound: linesOf(trunk?.inbound ?? inbound) };
  if (!trunk) return form;
  for (const key of Object.keys(settings) as (keyof typeof settings)[])
    Object.assign(form, { [key]: trunk[key] });
  return form;
}

const linesOf = (numbers: TrunkNumber[]): string =>
  numbers.map(({ pattern, extension }) => `${pattern} ${extension}`).join('\n');

const linesIn = (inbound: string): string[] =>
  inbound
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

/** Without a password of its own the stored one stays. */
export function draftOf({ password, inbound, ...settings }: TrunkForm): TrunkDraft {
  const numbers = linesIn(inbound).map((line) => {
    const [pattern = '', extension = ''] = line.split(/\s+/);
    return { pattern, extension };
  });
  const draft: TrunkDraft = {
    ...settings,
    name: settings.name.trim(),
    host: settings.host.trim(),
    inbound: numbers,
  };
  return password === '' ? draft : { ...draft, password };
}

export type Mistakes = Partial<Record<keyof TrunkForm, string>>;

export function mistakesIn(form: TrunkForm, trunk: Trunk | null): Mistakes {
  const t = text.trunks;
  const found: Mistakes = {};
  if (form.name.trim() === '') found.name = t.nameMissing;
  if (form.host.trim() === '') found.host = t.hostMissing;
  const logsIn = form.kind === 'register' || form.password !== '';
  if (logsIn && form.username.trim() === '') found.username = t.userMissing;
  if (form.password === '') {
    const moved = trunk?.password_set && (form.host.trim() !== trunk.host || form.realm !== trunk.realm);
    if (moved) found.password = t.passwordAgain;
    if (form.kind === 'register' && !trunk?.password_set) found.password = t.passwordMissing;
  }
  const wrong = linesIn(form.inbound).find((line) => line.split(/\s+/).length !== 2);
  if (wrong !== undefined) found.inbound = t.inboundWrong(wrong);
  return found;
}
