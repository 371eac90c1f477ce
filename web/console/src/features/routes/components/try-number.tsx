import { Alert, Button, NativeSelect, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import type { RouteTest } from '@parley/api-client/routes';
import { extensionsQuery } from '~/shared/api/extensions';
import { useOrganisation } from '~/shared/session/session';
import { text } from '~/shared/text/text';
import { ProblemAlert } from '~/shared/ui/problem-alert';
import { tryNumber } from '../api/try-number';
import { resultText } from './describe';
import classes from './try-number.module.css';

/** "What happens when 101 dials …?" — asked of the server's own routing; nobody is called. */
export function TryNumber() {
  const t = text.routes;
  const organisation = useOrganisation();
  const extensions = useQuery(extensionsQuery(organisation)).data ?? [];
  const [from, setFrom] = useState('');
  const [number, setNumber] = useState('');
  const [wrong, setWrong] = useState(false);
  const attempt = useMutation({
    mutationFn: async (asked: { number: string; from: string | null }) => ({
      from: asked.from,
      found: await tryNumber(organisation, asked.number, asked.from),
    }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const dialled = number.trim();
    const good = /^[\d*#+]{1,64}$/.test(dialled);
    setWrong(!good);
    if (good) attempt.mutate({ number: dialled, from: from || null });
  };
  return (
    <section className={classes.box} aria-labelledby="try-number">
      <h2 className={classes.title} id="try-number">
        {t.tryTitle}
      </h2>
      <form className={classes.form} onSubmit={submit} noValidate>
        <NativeSelect
          label={t.tryFrom}
          value={from}
          data={[
            { value: '', label: t.tryAnybody },
            ...extensions.map(({ number: own, display_name }) => ({
              value: own,
              label: display_name ? `${own} · ${display_name}` : own,
            })),
          ]}
          onChange={(event) => setFrom(event.currentTarget.value)}
        />
        <TextInput
          label={t.tryNumber}
          inputMode="tel"
          value={number}
          error={wrong && t.tryNumberInvalid}
          onChange={(event) => setNumber(event.currentTarget.value)}
        />
        <Button className={classes.ask ?? ''} type="submit" variant="default" loading={attempt.isPending}>
          {t.tryButton}
        </Button>
      </form>
      <ProblemAlert error={attempt.error} />
      <div role="status">{attempt.data && <Found from={attempt.data.from} found={attempt.data.found} />}</div>
    </section>
  );
}

function Found({ from, found }: { from: string | null; found: RouteTest }) {
  const t = text.routes;
  return (
    <Alert
      role="group"
      color={found.result === 'refuse' ? 'orange' : 'green'}
      title={t.tried(found.number, from)}
    >
      <ol className={classes.path}>
        {[...found.path, resultText(found)].map((step, index) => (
          <li key={index}>{step}</li>
        ))}
      </ol>
      {found.emergency && (
        <Text size="sm" mt={6}>
          {t.isEmergency} {t.emergency}
        </Text>
      )}
    </Alert>
  );
}
