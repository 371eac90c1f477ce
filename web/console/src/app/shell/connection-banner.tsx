import { IconPlugConnectedX } from '@tabler/icons-react';
import { useReachability } from '~/shared/api/reachability';
import { text } from '~/shared/text/text';
import { useReconnect } from './connection';
import classes from './connection-banner.module.css';

/** An unreachable server is a banner, never a logout: what was loaded stays on the page. */
export function ConnectionBanner() {
  const state = useReachability();
  useReconnect(state);
  if (state === 'reachable') return null;
  return (
    <div className={classes.banner} role="alert">
      <IconPlugConnectedX size={18} aria-hidden="true" />
      {text.problems.unreachable}
    </div>
  );
}
