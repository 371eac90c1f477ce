import type { Page } from './ids.ts';

/** Short lists come whole, long ones by pages; both are read alike. */
export type ListAnswer<Item> = Item[] | Page<Item>;
