import { TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useMutation } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import type { ReactNode } from 'react';
import { api, bodyOf } from '../data/api.ts';
import { useMay } from '../data/session.ts';
import { Icon } from '../ui/Icon.tsx';
import { useKeys } from '../ui/keys.ts';
import { toast } from '../ui/toasts.ts';
import { mayBeToken } from './raw-token.ts';

interface Props {
  q: string;
  search: (q: string) => void;
}

/** Looks a raw token up; it goes in a body, is hashed on the server and kept nowhere. */
function useTokenLookup(found: (hash: string) => void, none: (text: string) => void) {
  return useMutation({
    gcTime: 0,
    mutationFn: async (token: string) =>
      bodyOf(api.POST('/api/v1/tokens/lookup', { body: { token } })),
    onSuccess: ({ token_hash: hash, known }, token) => {
      if (known) found(hash);
      else none(token);
    },
    onError: (error) => toast({ tone: 'failed', text: error.message }),
  });
}

function useSearch({ q, search }: Props) {
  const [text, setText] = useState(q);
  const may = useMay('responder');
  const apply = useDebouncedCallback((given: string) => search(given.trim()), 200);
  const show = (given: string): void => {
    setText(given);
    apply(given);
  };
  const lookup = useTokenLookup(show, (given) => {
    const action = { label: 'Search as words', run: () => show(given) };
    toast({ tone: 'failed', text: 'No call of such a token was ever seen.', action });
  });
  const type = (given: string): void => {
    if (!mayBeToken(given)) {
      show(given);
      return;
    }
    // Neither the field nor the address keeps it.
    show('');
    if (may) lookup.mutate(given);
    else toast({ tone: 'failed', text: 'Looking up a raw token needs the role responder.' });
  };
  return { text, type };
}

/** Words, a hash, or a raw token that is pasted in: the last is hashed on the server. */
export function Search(props: Props): ReactNode {
  const { text, type } = useSearch(props);
  const input = useRef<HTMLInputElement>(null);
  useKeys({ '/': () => input.current?.focus() });
  return (
    <TextInput
      ref={input}
      className="tw-search"
      type="search"
      aria-label="Search incidents"
      placeholder="Search, or paste a token"
      title="Title, client, endpoint, detection, token hash; or a raw token, which is hashed on the server"
      autoComplete="off"
      leftSection={<Icon name="search" size={16} />}
      value={text}
      maxLength={16_384}
      onChange={(event) => type(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        // Leave the field, but keep what was searched for.
        event.preventDefault();
        input.current?.blur();
      }}
    />
  );
}
