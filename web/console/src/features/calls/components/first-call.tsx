import { Button } from '@mantine/core';
import { IconDeviceMobile, IconPhoneOutgoing, IconSparkles } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { text } from '~/shared/text/text';
import { DemoCall } from './demo-call';
import classes from './first-call.module.css';

/** An empty list that teaches: connect a phone, call, or let Parley call itself. */
export function FirstCall() {
  const t = text.calls;
  return (
    <section className={classes.frame}>
      <h2 className={classes.title}>{t.emptyTitle}</h2>
      <p className={classes.text}>{t.emptyText}</p>
      <ol className={classes.steps}>
        <li className={classes.step}>
          <IconDeviceMobile className={classes.icon} size={26} stroke={1.6} aria-hidden="true" />
          <h3>{t.steps.phoneTitle}</h3>
          <p>{t.steps.phoneText}</p>
          <Button variant="light" renderRoot={(props) => <Link to="/extensions" {...props} />}>
            {t.steps.phoneLink}
          </Button>
        </li>
        <li className={classes.step}>
          <IconPhoneOutgoing className={classes.icon} size={26} stroke={1.6} aria-hidden="true" />
          <h3>{t.steps.callTitle}</h3>
          <p>{t.steps.callText}</p>
        </li>
        <li className={classes.step}>
          <IconSparkles className={classes.icon} size={26} stroke={1.6} aria-hidden="true" />
          <h3>{t.steps.demoTitle}</h3>
          <p>{t.steps.demoText}</p>
          <DemoCall />
        </li>
      </ol>
    </section>
  );
}
