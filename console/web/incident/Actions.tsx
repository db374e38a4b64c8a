import { Button, Group } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import type { ReactNode } from 'react';
import type { Incident } from '../api-types.ts';
import { useTransitions } from '../data/actions.ts';
import type { Transition } from '../data/actions.ts';
import { useMay } from '../data/session.ts';
import { Icon } from '../ui/Icon.tsx';
import { useKeys } from '../ui/keys.ts';
import { Assign } from './Assign.tsx';
import { Share } from './Share.tsx';
import { VerdictDialog } from './VerdictDialog.tsx';
import type { Verdict } from './VerdictDialog.tsx';

function useDecisions(incident: Incident) {
  const { mutate, isPending } = useTransitions();
  const [open, dialog] = useDisclosure(false);
  const [verdict, setVerdict] = useState<Verdict>('resolve');
  const may = useMay('responder');
  const closed = incident.status === 'resolved' || incident.status === 'false_positive';
  const ask = (given: Verdict): void => {
    if (!may) return;
    setVerdict(given);
    dialog.open();
  };
  const act = (transition: Transition): void => mutate({ incidents: [incident], transition });
  const acknowledge = (): void => {
    if (may && incident.status === 'open') act({ action: 'acknowledge' });
  };
  const reopen = (): void => act({ action: 'reopen', reason: '' });
  const decide = (reason: string): void => {
    dialog.close();
    act({ action: verdict, reason });
  };
  const deciding = { open, dialog, verdict, ask, decide };
  return { may, closed, busy: isPending, act, acknowledge, reopen, ...deciding };
}

function CloseButtons({ ask }: { ask: (verdict: Verdict) => void }): ReactNode {
  return (
    <>
      <Button
        variant="default"
        leftSection={<Icon name="shield" size={16} />}
        onClick={() => ask('resolve')}
      >
        Resolve
      </Button>
      <Button
        variant="default"
        leftSection={<Icon name="flag" size={16} />}
        onClick={() => ask('false_positive')}
      >
        False positive
      </Button>
    </>
  );
}

/** What can be decided about an incident as it stands. */
export function Actions({ incident }: { incident: Incident }): ReactNode {
  const decisions = useDecisions(incident);
  const { may, closed, busy, act, open, dialog, verdict, ask, acknowledge, reopen, decide } =
    decisions;
  useKeys({ a: acknowledge, r: () => ask('resolve'), f: () => ask('false_positive') });
  const share = <Share id={incident.id} client={may ? incident.client : ''} />;
  if (!may) {
    return (
      <Group gap="xs">
        {share}
        <p className="tw-dimmed">You are looking on. Sign in as a responder to decide.</p>
      </Group>
    );
  }
  return (
    <Group gap="xs" className="tw-actions">
      {incident.status === 'open' && (
        <Button leftSection={<Icon name="check" size={16} />} loading={busy} onClick={acknowledge}>
          Acknowledge
        </Button>
      )}
      {closed ? (
        <Button
          variant="default"
          leftSection={<Icon name="undo" size={16} />}
          loading={busy}
          onClick={reopen}
        >
          Reopen
        </Button>
      ) : (
        <CloseButtons ask={ask} />
      )}
      <Assign incident={incident} act={act} />
      {share}
      <VerdictDialog opened={open} verdict={verdict} close={dialog.close} decide={decide} />
    </Group>
  );
}
