import { QueryClientProvider } from '@tanstack/react-query';
import { createMemoryHistory, RouterProvider } from '@tanstack/react-router';
import { render } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { Providers } from '~/app/providers';
import { createQueryClient } from '~/app/query-client';
import { createConsoleRouter } from '~/app/router';
import { reachability } from '~/shared/api/reachability';

/** The whole console at one address, against the mock server. */
export function renderRoute(path: string) {
  reachability.set('reachable');
  const router = createConsoleRouter(createMemoryHistory({ initialEntries: [path] }));
  const queryClient = createQueryClient();
  render(
    <QueryClientProvider client={queryClient}>
      <Providers>
        <RouterProvider router={router} />
      </Providers>
    </QueryClientProvider>,
  );
  return { user: userEvent.setup(), router, queryClient };
}
