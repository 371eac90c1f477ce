const locale = 'en-GB';

/** 3 → "0:03", 3725 → "1:02:05". */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(Number.isFinite(seconds) ? seconds : 0));
  const h = Math.floor(whole / 3600);
  const m = Math.floor((whole % 3600) / 60);
  const s = String(whole % 60).padStart(2, '0');
  return h > 0 ? `${h}:${String(m).padStart(2, '0')}:${s}` : `${m}:${s}`;
}

/** 42 → "42 s", 130 → "2 min 10 s", 90061 → "1 d 1 h". */
export function span(seconds: number): string {
  const whole = Math.max(0, Math.round(Number.isFinite(seconds) ? seconds : 0));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600)
    return whole % 60 === 0 ? `${whole / 60} min` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3600)} h`;
}

export function dateTime(value: string | null): string {
  const date = parse(value);
  return date ? date.toLocaleString(locale, { dateStyle: 'medium', timeStyle: 'short' }) : '–';
}

export function date(value: string | Date | null): string {
  const parsed = value instanceof Date ? value : parse(value);
  return parsed ? parsed.toLocaleDateString(locale, { dateStyle: 'long' }) : '–';
}

export function timeOfDay(value: string | null): string {
  const parsed = parse(value);
  return parsed ? parsed.toLocaleTimeString(locale) : '–';
}

/** "14:03" today, "Yesterday 14:03", else the date with time. */
export function when(value: string, now: Date = new Date()): string {
  const parsed = parse(value);
  if (!parsed) return '–';
  const time = parsed.toLocaleTimeString(locale, { hour: '2-digit', minute: '2-digit' });
  const days = Math.round((midnight(now) - midnight(parsed)) / 86_400_000);
  if (days === 0) return time;
  if (days === 1) return `Yesterday ${time}`;
  const sameYear = parsed.getFullYear() === now.getFullYear();
  const day = parsed.toLocaleDateString(locale, {
    day: 'numeric',
    month: 'short',
    ...(sameYear ? {} : { year: 'numeric' }),
  });
  return `${day}, ${time}`;
}

export function secondsSince(value: string | null, now: number): number {
  const parsed = parse(value);
  return parsed ? Math.max(0, (now - parsed.getTime()) / 1000) : 0;
}

function parse(value: string | null | undefined): Date | null {
  if (!value) return null;
  const parsed = new Date(value);
  return Number.isNaN(parsed.getTime()) ? null : parsed;
}

function midnight(value: Date): number {
  return new Date(value.getFullYear(), value.getMonth(), value.getDate()).getTime();
}
