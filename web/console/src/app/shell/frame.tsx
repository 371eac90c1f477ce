import { Burger, Drawer } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Outlet, useRouterState } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import type { OrganisationId } from '@parley/api-client/ids';
import { EventConnectionContext } from '~/shared/session/event-connection';
import { useMay } from '~/shared/session/session';
import { text } from '~/shared/text/text';
import { useEvents } from './events';
import classes from './frame.module.css';
import { Logo } from './logo';
import { Sidebar } from './sidebar';

interface FrameProps {
  organisations: { id: OrganisationId; name: string }[];
  current: OrganisationId;
  onChoose: (organisation: OrganisationId) => void;
}

/** Navigation beside the page; on a small screen behind the burger. */
export function Frame(props: FrameProps) {
  const [opened, { open, close }] = useDisclosure(false);
  const connected = useEvents(props.current, useMay('events.read'));
  const main = useRef<HTMLElement>(null);
  const path = useRouterState({ select: (state) => state.location.pathname });
  const lastPath = useRef(path);

  useEffect(() => {
    if (lastPath.current === path) return;
    lastPath.current = path;
    close();
    // A new page starts at its beginning, for screen readers too.
    main.current?.focus({ preventScroll: true });
  }, [path, close]);

  return (
    <EventConnectionContext value={connected}>
      <a className={classes.skip} href="#main">
        {text.skip}
      </a>
      <div className={classes.frame}>
        <header className={classes.top}>
          <Burger opened={opened} onClick={open} size="sm" aria-label={text.nav.open} />
          <Logo />
        </header>
        <aside className={classes.side} aria-label={text.product}>
          <Sidebar {...props} />
        </aside>
        <main className={classes.main} id="main" tabIndex={-1} ref={main}>
          <Outlet />
        </main>
      </div>
      <Drawer.Root opened={opened} onClose={close} size={264} lockScroll={false} padding={0}>
        <Drawer.Overlay />
        <Drawer.Content aria-label={text.nav.label}>
          <Sidebar {...props} />
        </Drawer.Content>
      </Drawer.Root>
    </EventConnectionContext>
  );
}
