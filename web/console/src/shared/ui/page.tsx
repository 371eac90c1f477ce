import { useEffect, type ReactNode } from 'react';
import { text } from '../text/text';
import classes from './page.module.css';

interface PageProps {
  title: string;
  subtitle?: ReactNode;
  above?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

/** Heading, actions and width of every page; also the browser tab's title. */
export function Page({ title, subtitle, above, actions, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · ${text.product}`;
  }, [title]);
  return (
    <div className={classes.page}>
      {above}
      <div className={classes.head}>
        <div>
          <h1 className={classes.title}>{title}</h1>
          {subtitle !== undefined && <p className={classes.subtitle}>{subtitle}</p>}
        </div>
        {actions !== undefined && <div className={classes.actions}>{actions}</div>}
      </div>
      {children}
    </div>
  );
}
