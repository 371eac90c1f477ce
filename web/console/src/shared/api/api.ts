import { Client } from '@parley/api-client/client';
import { reachability } from './reachability';

const signedOutListeners = new Set<() => void>();

/** The server said that the session is over. The shell listens and shows the sign-in page. */
export function onSignedOut(listener: () => void): () => void {
  signedOutListeners.add(listener);
  return () => signedOutListeners.delete(listener);
}

export const api = new Client({
  onReachability: reachability.set,
  onSignedOut: () => {
    for (const listener of signedOutListeners) listener();
  },
});
