import { Button, Group, Modal, PasswordInput, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation } from '@tanstack/react-query';
import { useRef } from 'react';
import type { ReactNode } from 'react';
import { useLocation } from 'wouter';
import { api, bodyOf } from '../data/api.ts';
import { useMay } from '../data/session.ts';
import { Icon } from '../ui/Icon.tsx';
import { toast } from '../ui/toasts.ts';

function useLookup(done: () => void) {
  const [, navigate] = useLocation();
  return useMutation({
    // The token goes in the body, is hashed on the server, and is kept nowhere, this page included.
    gcTime: 0,
    mutationFn: async (token: string) =>
      bodyOf(api.POST('/api/v1/tokens/lookup', { body: { token } })),
    onSuccess: ({ token_hash: hash, known }) => {
      done();
      if (known) navigate(`/tokens/${hash}`);
      else toast({ tone: 'failed', text: 'No call of this token was ever seen.' });
    },
    onError: (error) => toast({ tone: 'failed', text: error.message }),
  });
}

/** Finds a token by what it is: pasted, sent in a body, hashed, forgotten. */
export function Lookup(): ReactNode {
  const [open, dialog] = useDisclosure(false);
  const input = useRef<HTMLInputElement>(null);
  const { mutate, isPending } = useLookup(dialog.close);
  if (!useMay('responder')) return null;
  return (
    <>
      <Button
        variant="default"
        leftSection={<Icon name="tokens" size={16} />}
        onClick={dialog.open}
      >
        Find a raw token
      </Button>
      <Modal opened={open} onClose={dialog.close} title="Find a raw token" centered>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            const token = input.current?.value.trim() ?? '';
            if (input.current !== null) input.current.value = '';
            if (token !== '') mutate(token);
          }}
        >
          <Text size="sm" c="dimmed" mb="sm">
            It is hashed on the server with your installation’s pepper and forgotten: it enters no
            log, no address and no history.
          </Text>
          <PasswordInput ref={input} label="Token" autoComplete="off" data-autofocus />
          <Group justify="flex-end" mt="md">
            <Button type="submit" loading={isPending}>
              Find
            </Button>
          </Group>
        </form>
      </Modal>
    </>
  );
}
