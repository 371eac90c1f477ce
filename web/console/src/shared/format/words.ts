/** "search_terms" → "Search terms": for names that come from the server and have no text of their own. */
export function words(name: string): string {
  const spaced = name.replace(/[._]+/g, ' ').trim();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}
