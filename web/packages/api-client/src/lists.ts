import type { Page } from './ids.ts';

/** Short lists come whole, long ones by pages; both are read alike. */
export type ListAnswer<Item> = Item[] | Page<Item>;

export function itemsOf<Item>(answer: ListAnswer<Item>): Item[] {
  return Array.isArray(answer) ? answer : answer.items;
}
