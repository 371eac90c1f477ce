import type { Turn } from '@parley/api-client/calls';

/** The turn that is heard at this second; of overlapping ones the later. -1 between turns. */
export function activeTurn(turns: Turn[], position: number): number {
  for (let index = turns.length - 1; index >= 0; index -= 1) {
    const turn = turns[index];
    if (turn && position >= turn.start_s && position < turn.end_s) return index;
  }
  return -1;
}

/** How often the term is said, whatever its case, and the first turn with it. */
export function countMatches(turns: Turn[], term: string): { count: number; first: number } {
  if (term === '') return { count: 0, first: -1 };
  const wanted = term.toLowerCase();
  const hits = turns.map((turn) => turn.text.toLowerCase().split(wanted).length - 1);
  return { count: hits.reduce((sum, hit) => sum + hit, 0), first: hits.findIndex((hit) => hit > 0) };
}
