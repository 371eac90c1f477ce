import type { RouteDraft, RouteTest } from '@parley/api-client/routes';
import { text } from '~/shared/text/text';

export function reasonText(reason: string | undefined): string {
  const names: Record<string, string> = text.routes.reasons;
  return names[reason ?? ''] ?? reason ?? '';
}

/** Where a route leads, in words. */
export function destinationText({ destination }: RouteDraft): string {
  const t = text.routes;
  switch (destination.kind) {
    case 'extension':
      return t.toExtension(destination.number ?? '');
    case 'echo_test':
      return t.toEchoTest;
    case 'number':
      return destination.number ? t.toNumber(destination.number) : t.toChanged;
    case 'trunk':
      return t.toTrunks(destination.trunks ?? []);
    case 'conference':
      return t.toConference(destination.room ?? '');
    case 'refuse':
      return t.refused(reasonText(destination.reason));
    default:
      return destination.kind;
  }
}

/** What it makes of the dialled number; empty: nothing. */
export function changeText(route: RouteDraft): string {
  const t = text.routes;
  return [route.strip > 0 ? t.strip(route.strip) : '', route.prepend ? t.prepend(route.prepend) : '']
    .filter(Boolean)
    .join(', ');
}

/** Where a tried number ends. */
export function resultText(tried: RouteTest): string {
  const t = text.routes;
  switch (tried.result) {
    case 'extension':
      return t.rings(tried.extension ?? '');
    case 'trunk':
      return t.toTrunks(tried.trunks ?? []);
    case 'echo_test':
      return t.echoes;
    case 'conference':
      return t.toConference(tried.room ?? '');
    case 'refuse':
      return t.refusedWith(tried.status ?? 0, tried.cause);
    default:
      return tried.result;
  }
}
