import { useSyncExternalStore } from 'react';
import type { Reachability } from '@parley/api-client/client';

let state: Reachability = 'reachable';
const listeners = new Set<() => void>();

export const reachability = {
  get: (): Reachability => state,
  set(next: Reachability): void {
    if (next === state) return;
    state = next;
    for (const listener of listeners) listener();
  },
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};

export function useReachability(): Reachability {
  return useSyncExternalStore(reachability.subscribe, reachability.get);
}
