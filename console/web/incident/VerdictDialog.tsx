import { Button, Group, Modal, Text, Textarea } from '@mantine/core';
import { useRef } from 'react';
import type { ReactNode } from 'react';

export type Verdict = 'resolve' | 'false_positive';

const WORDS: Record<Verdict, { title: string; about: string; button: string }> = {
  resolve: {
    title: 'Resolve the incident',
    about: 'It was real and is dealt with. Its windows stay out of what counts as usual.',
    button: 'Resolve',
  },
  false_positive: {
    title: 'Call it a false positive',
    about: 'It was harmless. The same detection stays quiet about the same thing for 30 days.',
    button: 'False positive',
  },
};

interface Props {
  opened: boolean;
  verdict: Verdict;
  close: () => void;
  decide: (reason: string) => void;
}

/** Asks why, and says what the verdict does. */
export function VerdictDialog({ opened, verdict, close, decide }: Props): ReactNode {
  const input = useRef<HTMLTextAreaElement>(null);
  const { title, about, button } = WORDS[verdict];
  return (
    <Modal opened={opened} onClose={close} title={title} centered>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          decide(input.current?.value.trim() ?? '');
        }}
      >
        <Text size="sm" c="dimmed" mb="sm">
          {about}
        </Text>
        <Textarea
          ref={input}
          label="Why (for whoever reads it later)"
          rows={3}
          maxLength={2000}
          data-autofocus
        />
        <Group justify="flex-end" mt="md">
          <Button variant="subtle" color="gray" onClick={close}>
            Cancel
          </Button>
          <Button type="submit">{button}</Button>
        </Group>
      </form>
    </Modal>
  );
}
