import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
  type RouterHistory,
} from '@tanstack/react-router';
import type { CallFilter, Direction, Disposition } from '@parley/api-client/calls';
import { Crashed } from './shell/crashed';
import { NotFound } from './shell/not-found';
import { Root } from './shell/root';
import { Shell } from './shell/shell';

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

function oneOf<Name extends string>(names: readonly Name[], value: unknown): Name | undefined {
  return names.find((name) => name === value);
}

const directions: readonly Direction[] = ['inbound', 'outbound', 'internal'];
const dispositions: readonly Disposition[] = [
  'answered',
  'no_answer',
  'busy',
  'cancelled',
  'failed',
  'rejected',
];

const rootRoute = createRootRoute({ component: Root, notFoundComponent: NotFound });

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sign-in',
  validateSearch: (search): { next?: string | undefined; ended?: boolean | undefined } => ({
    // Only a path of our own: nobody sends people elsewhere through our sign-in.
    next: /^\/(?![/\\])/.test(text(search.next) ?? '') ? text(search.next) : undefined,
    ended: search.ended === true ? true : undefined,
  }),
  component: lazyRouteComponent(() => import('~/features/sign-in/components/sign-in-page'), 'SignInPage'),
});

const shellRoute = createRoute({ getParentRoute: () => rootRoute, id: 'shell', component: Shell });

const indexRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/calls' });
  },
});

const liveRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/live',
  component: lazyRouteComponent(() => import('~/features/live/components/live-page'), 'LivePage'),
});

const callsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/calls',
  validateSearch: (search): CallFilter => ({
    q: text(search.q) ?? (typeof search.q === 'number' ? String(search.q) : undefined),
    from: text(search.from),
    to: text(search.to),
    direction: oneOf(directions, search.direction),
    disposition: oneOf(dispositions, search.disposition),
    has_recording: typeof search.has_recording === 'boolean' ? search.has_recording : undefined,
  }),
  component: lazyRouteComponent(() => import('~/features/calls/components/calls-page'), 'CallsPage'),
});

const callRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/calls/$callId',
  component: lazyRouteComponent(() => import('~/features/calls/components/call-page'), 'CallPage'),
});

const extensionsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/extensions',
  component: lazyRouteComponent(
    () => import('~/features/extensions/components/extensions-page'),
    'ExtensionsPage',
  ),
});

const dialRoutesRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/routes',
  component: lazyRouteComponent(() => import('~/features/routes/components/routes-page'), 'RoutesPage'),
});

const trunksRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/trunks',
  component: lazyRouteComponent(() => import('~/features/trunks/components/trunks-page'), 'TrunksPage'),
});

const usersRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/users',
  component: lazyRouteComponent(() => import('~/features/users/components/users-page'), 'UsersPage'),
});

const policyRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/policy',
  component: lazyRouteComponent(() => import('~/features/policy/components/policy-page'), 'PolicyPage'),
});

const proveRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/prove',
  component: lazyRouteComponent(() => import('~/features/prove/components/prove-page'), 'ProvePage'),
});

const recordsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/records',
  validateSearch: (search): { tab?: 'receipts' | 'audit' | undefined } => ({
    tab: oneOf(['receipts', 'audit'], search.tab),
  }),
  component: lazyRouteComponent(() => import('~/features/records/components/records-page'), 'RecordsPage'),
});

const statusRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/status',
  component: lazyRouteComponent(() => import('~/features/status/components/status-page'), 'StatusPage'),
});

const routeTree = rootRoute.addChildren([
  signInRoute,
  shellRoute.addChildren([
    indexRoute,
    liveRoute,
    callsRoute,
    callRoute,
    extensionsRoute,
    dialRoutesRoute,
    trunksRoute,
    usersRoute,
    policyRoute,
    proveRoute,
    recordsRoute,
    statusRoute,
  ]),
]);

export function createConsoleRouter(history?: RouterHistory) {
  return createRouter({
    routeTree,
    ...(history ? { history } : {}),
    defaultPreload: 'intent',
    defaultErrorComponent: Crashed,
    scrollRestoration: typeof window !== 'undefined' && typeof window.scrollTo === 'function',
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createConsoleRouter>;
  }
}
