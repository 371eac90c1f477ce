import { text } from '../text/text';

interface PartyLike {
  number: string;
  name: string;
}

/** What to call somebody in a sentence or a heading. */
export function partyName(party: PartyLike): string {
  return party.name || party.number || text.anonymous;
}
