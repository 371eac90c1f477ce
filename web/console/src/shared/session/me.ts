import { queryOptions } from '@tanstack/react-query';
import type { Me } from '@parley/api-client/accounts';
import { Problem } from '@parley/api-client/problem';
import { api } from '../api/api';

/** Who is signed in; null when nobody is. An unreachable server is an error here, never a null: no logout by network trouble. */
export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: async ({ signal }): Promise<Me | null> => {
    try {
      return await api.get<Me>('/v1/me', { signal });
    } catch (error) {
      if (error instanceof Problem && error.status === 401) return null;
      throw error;
    }
  },
  staleTime: 60_000,
});
