import type { Icon } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import classes from './empty-state.module.css';

interface EmptyStateProps {
  icon: Icon;
  title: string;
  hint?: string;
  children?: ReactNode;
}

/** What stands where nothing is yet, and what to do about it. */
export function EmptyState({ icon: IconShape, title, hint, children }: EmptyStateProps) {
  return (
    <div className={classes.empty}>
      <span className={classes.icon} aria-hidden="true">
        <IconShape size={26} stroke={1.6} />
      </span>
      <p className={classes.title}>{title}</p>
      {hint && <p className={classes.text}>{hint}</p>}
      {children && <div className={classes.action}>{children}</div>}
    </div>
  );
}
