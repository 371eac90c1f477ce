import type { RouteId } from './ids.ts';

export type RefusalReason = 'busy' | 'forbidden' | 'not_found';

/** Where a route leads. A kind that this console does not know is shown by its name and kept as it is. */
export interface RouteDestination {
  kind: string;
  number?: string;
  /** names, in the order in which they are tried */
  trunks?: string[];
  /** of a conference: its name, and how many it takes */
  room?: string;
  participants?: number;
  reason?: string;
}

export interface RouteDraft {
  name: string;
  pattern: string;
  callers: string[];
  strip: number;
  prepend: string;
  destination: RouteDestination;
  enabled: boolean;
}

/** What a dialled number means that is no extension. */
export interface DialRoute extends RouteDraft {
  id: RouteId;
  order: number;
}

export interface RouteTest {
  number: string;
  emergency: boolean;
  path: string[];
  result: string;
  extension: string | null;
  trunks: string[] | null;
  room?: string | null;
  status: number | null;
  cause: string;
}
