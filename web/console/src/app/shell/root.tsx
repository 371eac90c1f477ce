import { Outlet } from '@tanstack/react-router';
import { ConnectionBanner } from './connection-banner';

/** What every page has, signed in or not: the banner and the page. */
export function Root() {
  return (
    <>
      <ConnectionBanner />
      <Outlet />
    </>
  );
}
