import type { ParleyEvent } from '@parley/api-client/events';
import { text } from '~/shared/text/text';

/** What people at the console are told of a call for help; null: another event. The event's data is not trusted to be complete. */
export function emergencyNotice(event: ParleyEvent): string | null {
  const types: Readonly<Record<string, (number: string, caller: string) => string>> = text.emergency;
  const says = Object.hasOwn(types, event.type) ? types[event.type] : undefined;
  if (!says) return null;
  const data = (event.data ?? {}) as { number?: unknown; caller?: { number?: unknown; name?: unknown } };
  const written = (value: unknown): string => (typeof value === 'string' ? value : '');
  const caller = [written(data.caller?.name), written(data.caller?.number)].filter(Boolean).join(', ');
  return says(written(data.number), caller || text.unknown);
}
