import { Alert, Button, Paper, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import type { ReactNode } from 'react';
import { api, bodyOf } from '../data/api.ts';
import { queryClient } from '../data/queries.ts';
import { Logo } from './Logo.tsx';

type Proof = { code: string } | { key: string };

/** The code of a one-time link, taken out of the address bar so that it stays in no history. */
function takeCode(): string {
  const code = location.hash.slice(1);
  if (code !== '') history.replaceState(null, '', location.pathname);
  return code;
}

function useSignIn() {
  return useMutation({
    mutationFn: async (body: Proof) => bodyOf(api.POST('/api/v1/session', { body })),
    onSuccess: (session) => {
      if (location.pathname === '/login') history.replaceState(null, '', '/incidents');
      queryClient.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'session' });
      queryClient.setQueryData(['session'], session);
    },
  });
}

function KeyForm({ send, busy }: { send: (proof: Proof) => void; busy: boolean }): ReactNode {
  const input = useRef<HTMLInputElement>(null);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const key = input.current?.value.trim() ?? '';
        if (key !== '') send({ key });
      }}
    >
      <Stack gap="sm">
        <PasswordInput ref={input} label="Admin key" autoComplete="off" name="key" />
        <Button type="submit" loading={busy} fullWidth>
          Sign in
        </Button>
      </Stack>
    </form>
  );
}

const REFUSALS: Record<string, string> = {
  'no-role': 'You are known, but none of your groups may use this console. Ask an admin.',
  'no-mfa': 'This console asks for a second factor, and your sign-in had none.',
  'no-name': 'The provider did not name you in a way that this console can rely on.',
  late: 'That took too long, or began in another browser. Try again.',
  unreachable: 'The sign-in provider does not answer. Try again in a minute.',
};

/** The way to the OpenID provider, and why it led back without letting anybody in. */
function SingleSignOn(): ReactNode {
  const why = new URLSearchParams(location.search).get('sso');
  return (
    <>
      {why !== null && (
        <Alert color="red" variant="light" role="alert">
          {REFUSALS[why] ?? 'Signing in did not work. Try again.'}
        </Alert>
      )}
      <Button component="a" href="/api/v1/session/oidc" fullWidth>
        Sign in with single sign-on
      </Button>
    </>
  );
}

/** Signing in: by the link that was printed at the start, which does it by itself, or by a key. */
export function SignIn({ sso }: { sso: boolean }): ReactNode {
  const { mutate, isPending, error } = useSignIn();
  useEffect(() => {
    const follow = (): void => {
      const code = takeCode();
      if (code !== '') mutate({ code });
    };
    follow();
    // The link opened while this page is shown changes no more than the part behind the #.
    window.addEventListener('hashchange', follow);
    return () => window.removeEventListener('hashchange', follow);
  }, [mutate]);
  return (
    <main className="tw-signin">
      <Paper className="tw-signin-card" withBorder p="xl" radius="lg">
        <Stack gap="lg">
          <Logo />
          <div>
            <Title order={1} size="h3">
              Sign in
            </Title>
            <Text c="dimmed" size="sm" mt={4}>
              Open the link that tokenwatch printed when it started. It works once. Or use the admin
              key (TOKENWATCH_ADMIN_KEY).
            </Text>
          </div>
          {error !== null && (
            <Alert color="red" variant="light" role="alert">
              {error.message}
            </Alert>
          )}
          {sso && <SingleSignOn />}
          <KeyForm send={mutate} busy={isPending} />
        </Stack>
      </Paper>
    </main>
  );
}
