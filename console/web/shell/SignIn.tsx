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

/** Signing in: by the link that was printed at the start, which does it by itself, or by a key. */
export function SignIn(): ReactNode {
  const { mutate, isPending, error } = useSignIn();
  const tried = useRef(false);
  useEffect(() => {
    if (tried.current) return;
    tried.current = true;
    const code = takeCode();
    if (code !== '') mutate({ code });
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
          <KeyForm send={mutate} busy={isPending} />
        </Stack>
      </Paper>
    </main>
  );
}
