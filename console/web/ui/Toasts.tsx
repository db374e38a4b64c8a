import { Button, CloseButton, Group, Paper, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Icon } from './Icon.tsx';
import { dismiss, useToasts } from './toasts.ts';
import type { Toast } from './toasts.ts';

function OneToast({ toast }: { toast: Toast }): ReactNode {
  const { action } = toast;
  const run = (): void => {
    dismiss(toast.id);
    action?.run();
  };
  return (
    <Paper className="tw-toast" data-tone={toast.tone} shadow="lg" withBorder>
      <Group gap="sm" wrap="nowrap">
        <Icon name={toast.tone === 'done' ? 'check' : 'alert'} />
        <Text size="sm" flex={1}>
          {toast.text}
        </Text>
        {action !== undefined && (
          <Button size="compact-sm" variant="light" onClick={run}>
            {action.label}
          </Button>
        )}
        <CloseButton size="sm" aria-label="Dismiss" onClick={() => dismiss(toast.id)} />
      </Group>
    </Paper>
  );
}

/** Where toasts appear; read out by screen readers as they come. */
export function Toasts(): ReactNode {
  const toasts = useToasts();
  return (
    <div className="tw-toasts" role="status" aria-live="polite">
      {toasts.map((toast) => (
        <OneToast key={toast.id} toast={toast} />
      ))}
    </div>
  );
}
