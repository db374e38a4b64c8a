import { TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useState } from 'react';
import type { ReactNode } from 'react';
import { Icon } from './Icon.tsx';

interface Props {
  label: string;
  /** What is searched for at first. */
  initial?: string;
  /** Called when typing rests. */
  search: (text: string) => void;
}

export function SearchField({ label, initial = '', search }: Props): ReactNode {
  const [text, setText] = useState(initial);
  const apply = useDebouncedCallback((given: string) => search(given.trim()), 200);
  return (
    <TextInput
      type="search"
      aria-label={label}
      placeholder={label}
      leftSection={<Icon name="search" size={16} />}
      value={text}
      maxLength={200}
      w={{ base: '100%', xs: 300 }}
      onChange={(event) => {
        setText(event.currentTarget.value);
        apply(event.currentTarget.value);
      }}
    />
  );
}
