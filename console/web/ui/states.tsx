import { Center, Stack, Text, Title } from '@mantine/core';
import { Skeleton } from '@mantine/core';
import type { ReactNode } from 'react';
import { Icon } from './Icon.tsx';
import type { IconName } from './Icon.tsx';

/** While a page is on its way: the shape of what will come, so that nothing jumps. */
export function Loading(): ReactNode {
  return (
    <div className="tw-page" role="status" aria-busy="true" aria-label="Loading">
      <Stack gap="sm">
        <Skeleton h={28} w={220} />
        {[0, 1, 2, 3, 4, 5].map((row) => (
          <Skeleton key={row} h={56} />
        ))}
      </Stack>
    </div>
  );
}

interface WordsProps {
  title: string;
  detail: string;
  icon?: IconName;
}

/** Nothing to show, said kindly. */
export function Empty({ title, detail, icon = 'check' }: WordsProps): ReactNode {
  return (
    <Center className="tw-empty">
      <Stack align="center" gap={6}>
        <span className="tw-empty-icon">
          <Icon name={icon} size={26} />
        </span>
        <Title order={2} size="h4">
          {title}
        </Title>
        <Text c="dimmed" size="sm" ta="center" maw={420}>
          {detail}
        </Text>
      </Stack>
    </Center>
  );
}

/** Something did not work. */
export function Failed(props: WordsProps): ReactNode {
  return (
    <div role="alert">
      <Empty icon="alert" {...props} />
    </div>
  );
}
