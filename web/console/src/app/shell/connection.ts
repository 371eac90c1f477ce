import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { Reachability } from '@parley/api-client/client';
import { api } from '~/shared/api/api';

const kPingEveryMs = 3_000;

/** While the server is away, asks for it every three seconds; when it is back, everything on the page is asked anew. */
export function useReconnect(state: Reachability): void {
  const queryClient = useQueryClient();
  useEffect(() => {
    if (state === 'reachable') return;
    const controller = new AbortController();
    const timer = setInterval(() => {
      void api.ping(controller.signal).then((answered) => {
        if (answered) void queryClient.invalidateQueries();
      });
    }, kPingEveryMs);
    return () => {
      clearInterval(timer);
      controller.abort();
    };
  }, [state, queryClient]);
}
