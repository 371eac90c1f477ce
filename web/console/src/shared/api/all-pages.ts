import type { RequestOptions } from '@parley/api-client/client';
import { type ListAnswer } from '@parley/api-client/lists';
import { api } from './api';

const kPageSize = 200;
const kPagesMost = 25;

/** A list that a page shows whole: people, phones, versions. Bounded, whatever the server answers. */
export async function allPages<Item>(path: string, options: RequestOptions = {}): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < kPagesMost; page += 1) {
    const answer: ListAnswer<Item> = await api.get<ListAnswer<Item>>(path, {
      ...options,
      query: { ...options.query, limit: kPageSize, cursor },
    });
    if (Array.isArray(answer)) return answer;
    items.push(...answer.items);
    cursor = answer.next_cursor;
    if (cursor === null) break;
  }
  return items;
}
