import { Alert, Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useRouter } from '@tanstack/react-router';
import { useEffect, useState, type FormEvent } from 'react';
import { Problem, Unreachable } from '@parley/api-client/problem';
import { meQuery } from '~/shared/session/me';
import { text } from '~/shared/text/text';
import { problemText } from '~/shared/ui/problem-alert';
import { signIn } from '../api/sign-in';
import classes from './sign-in-page.module.css';

const route = getRouteApi('/sign-in');

export function SignInPage() {
  const t = text.signIn;
  const { next, ended } = route.useSearch();
  const router = useRouter();
  const queryClient = useQueryClient();
  const [login, setLogin] = useState('');
  const [password, setPassword] = useState('');
  const [missing, setMissing] = useState(false);
  const attempt = useMutation({
    mutationFn: signIn,
    onSuccess: (me) => {
      queryClient.setQueryData(meQuery.queryKey, me);
      router.history.push(next ?? '/');
    },
    onError: () => setPassword(''),
  });
  const wait = useCountdown(attempt.error);

  useEffect(() => {
    document.title = `${t.title} · ${text.product}`;
  }, [t.title]);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const incomplete = login.trim() === '' || password === '';
    setMissing(incomplete);
    if (!incomplete && wait === 0) attempt.mutate({ login: login.trim(), password });
  };

  const message = missing ? t.missing : attempt.error ? explain(attempt.error, wait) : null;
  return (
    <main className={classes.page}>
      <div className={classes.card}>
        <div className={classes.brand}>
          <img src="/favicon.svg" alt="" width={40} height={40} />
          <div>
            <div className={classes.product}>{text.product}</div>
            <div className={classes.tagline}>{text.tagline}</div>
          </div>
        </div>
        <form className={classes.form} onSubmit={submit} noValidate>
          <h1 className={classes.title}>{t.title}</h1>
          <Stack gap="sm">
            {ended && !message && <Alert color="blue">{t.ended}</Alert>}
            {message && (
              <Alert color="red" role="alert">
                {message}
              </Alert>
            )}
            <TextInput
              label={t.login}
              name="username"
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              data-autofocus
              value={login}
              onChange={(event) => setLogin(event.currentTarget.value)}
            />
            <PasswordInput
              label={t.password}
              name="password"
              autoComplete="current-password"
              value={password}
              visibilityToggleButtonProps={{ 'aria-label': text.extensions.showPassword }}
              onChange={(event) => setPassword(event.currentTarget.value)}
            />
            <Button type="submit" mt="xs" fullWidth loading={attempt.isPending} disabled={wait > 0}>
              {t.submit}
            </Button>
          </Stack>
        </form>
        <p className={classes.hint}>{t.hint}</p>
      </div>
    </main>
  );
}

function explain(error: unknown, wait: number): string {
  const t = text.signIn;
  if (error instanceof Unreachable) return t.unreachable;
  if (!(error instanceof Problem)) return problemText(error);
  switch (error.status) {
    case 401:
      return t.wrong;
    case 403:
      return t.disabled;
    case 429:
      return wait > 0 ? t.limited(wait) : t.limitedUnknown;
    default:
      return problemText(error);
  }
}

/** Seconds that the server asked us to wait, counted down. */
function useCountdown(error: unknown): number {
  const asked = error instanceof Problem && error.status === 429 ? (error.retryAfter ?? 0) : 0;
  const [state, setState] = useState({ error, left: asked });
  if (state.error !== error) setState({ error, left: asked });
  useEffect(() => {
    if (asked === 0) return;
    const timer = setInterval(() => setState((now) => ({ ...now, left: Math.max(0, now.left - 1) })), 1_000);
    return () => clearInterval(timer);
  }, [error, asked]);
  return state.left;
}
