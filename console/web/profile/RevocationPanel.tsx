import { Alert, Button, Group, Modal, Text, Textarea } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useRef } from 'react';
import type { ReactNode } from 'react';
import type { Revocation } from '../api-types.ts';
import { api, bodyOf } from '../data/api.ts';
import { profileQueries } from '../data/profile-queries.ts';
import { queryClient } from '../data/queries.ts';
import { useMay } from '../data/session.ts';
import { Plain } from '../ui/bits.tsx';
import { Icon } from '../ui/Icon.tsx';
import { Panel } from '../ui/Panel.tsx';
import { toast } from '../ui/toasts.ts';
import { actorName, number } from '../ui/words.ts';

const WORDS: Record<Revocation['state'], string> = {
  none: 'not asked for',
  requested: 'waits for approval',
  approved: 'approved',
  refused: 'refused',
  sent: 'sent to the issuer',
  confirmed: 'the token is dead',
  failed: 'failed',
};

type Step = { action: 'request' | 'approve' | 'refuse'; reason: string };

function useStep(hash: string) {
  return useMutation({
    mutationFn: async (body: Step) =>
      bodyOf(api.POST('/api/v1/tokens/{hash}/revocation', { params: { path: { hash } }, body })),
    onSuccess: async ({ state }) => {
      toast({ tone: 'done', text: `Revocation: ${WORDS[state]}` });
      await queryClient.invalidateQueries({ queryKey: ['incidents'] });
    },
    onError: (error) => toast({ tone: 'failed', text: error.message }),
  });
}

function Blast({ revocation }: { revocation: Revocation }): ReactNode {
  const { blast_radius: blast } = revocation;
  return (
    <dl className="tw-facts">
      <div className="tw-fact">
        <dt>Would hit</dt>
        <dd>
          <b>{number(blast.calls_per_day)}</b> calls a day on {blast.routes.length} routes
        </dd>
      </div>
      <div className="tw-fact">
        <dt>Services</dt>
        <dd>
          <Plain>{blast.services.length === 0 ? '–' : blast.services.join(', ')}</Plain>
        </dd>
      </div>
      <div className="tw-fact">
        <dt>Stay alive</dt>
        <dd>{number(blast.other_live_tokens)} other tokens of the client</dd>
      </div>
    </dl>
  );
}

interface AskProps {
  revocation: Revocation;
  opened: boolean;
  close: () => void;
  send: (step: Step) => void;
}

function AskDialog({ revocation, opened, close, send }: AskProps): ReactNode {
  const input = useRef<HTMLTextAreaElement>(null);
  return (
    <Modal opened={opened} onClose={close} title="Revoke the token" centered>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          close();
          send({ action: 'request', reason: input.current?.value.trim() ?? '' });
        }}
      >
        <Blast revocation={revocation} />
        {revocation.second_person && (
          <Text size="sm" c="dimmed" mt="sm">
            Somebody else has to approve.
          </Text>
        )}
        {revocation.dry_run && (
          <Alert color="yellow" mt="sm">
            Dry run: it is decided and recorded, but nothing is sent.
          </Alert>
        )}
        <Textarea ref={input} label="Why" rows={3} maxLength={2000} mt="sm" data-autofocus />
        <Group justify="flex-end" mt="md">
          <Button variant="subtle" color="gray" onClick={close}>
            Cancel
          </Button>
          <Button type="submit" color="red.9">
            Revoke
          </Button>
        </Group>
      </form>
    </Modal>
  );
}

function Buttons({ revocation, hash }: { revocation: Revocation; hash: string }): ReactNode {
  const { mutate, isPending } = useStep(hash);
  const [open, dialog] = useDisclosure(false);
  const may = useMay('responder');
  const { state, mode, stopped, incident_id: incident } = revocation;
  if (!may || mode === 'off' || stopped || incident === '') return null;
  if (state === 'requested') {
    return (
      <Group gap="xs" mt="sm">
        <Button
          size="xs"
          color="red.9"
          loading={isPending}
          onClick={() => mutate({ action: 'approve', reason: '' })}
        >
          Approve
        </Button>
        <Button
          size="xs"
          variant="default"
          loading={isPending}
          onClick={() => mutate({ action: 'refuse', reason: '' })}
        >
          Refuse
        </Button>
      </Group>
    );
  }
  if (!['none', 'refused', 'failed'].includes(state)) return null;
  return (
    <>
      <Button
        size="xs"
        mt="sm"
        color="red.9"
        leftSection={<Icon name="shield" size={15} />}
        loading={isPending}
        onClick={dialog.open}
      >
        Revoke the token
      </Button>
      <AskDialog revocation={revocation} opened={open} close={dialog.close} send={mutate} />
    </>
  );
}

/** What revoking would hit, how far it has come, and the buttons that go with it. */
export function RevocationPanel({ hash }: { hash: string }): ReactNode {
  const { data } = useQuery(profileQueries.revocation(hash));
  if (data === undefined) {
    // As tall as what comes, so that nothing below it jumps.
    return (
      <Panel title="Revocation">
        <div className="tw-revocation-wait" />
      </Panel>
    );
  }
  return (
    <Panel title="Revocation" aside={<span className="tw-dimmed">{WORDS[data.state]}</span>}>
      <Blast revocation={data} />
      {data.mode === 'off' && <p className="tw-dimmed">Revocation is off in the configuration.</p>}
      {data.stopped && <p className="tw-dimmed">An admin has stopped all revocations.</p>}
      {data.state === 'requested' && (
        <p className="tw-dimmed">Asked for by {actorName(data.requested_by)}.</p>
      )}
      <Buttons revocation={data} hash={hash} />
    </Panel>
  );
}
