import { Button, Group, Modal, Table, Text, Textarea } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { Quieted as QuietedThing, WatchOnly } from '../api-types.ts';
import { useTransitions } from '../data/actions.ts';
import { placeQueries } from '../data/profile-queries.ts';
import { queries } from '../data/queries.ts';
import { useMay } from '../data/session.ts';
import { Hash, Plain } from '../ui/bits.tsx';
import { DataTable } from '../ui/DataTable.tsx';
import { Loaded, Page } from '../ui/Page.tsx';
import { Empty } from '../ui/states.tsx';
import { actorName, moment } from '../ui/words.ts';

/** What a detection is called; its id until the catalogue has been read. */
function useTitles(): (detection: string) => string {
  const { data } = useQuery(queries.detections());
  const titles = new Map(data?.detections.map(({ id, title }) => [id, title]));
  return (detection) => titles.get(detection) ?? detection;
}

function DetectionName({ id, title }: { id: string; title: string }): ReactNode {
  return (
    <>
      <Link href={`/detections/${encodeURIComponent(id)}`}>
        <Plain>{title}</Plain>
      </Link>
      <div>
        <code className="tw-detection">{id}</code>
      </div>
    </>
  );
}

function About({ one }: { one: QuietedThing }): ReactNode {
  if (one.entity === 'token') {
    return (
      <>
        <Link href={`/tokens/${one.token_hash}`}>
          <Hash hash={one.token_hash} />
        </Link>{' '}
        <Plain>{one.client}</Plain>
      </>
    );
  }
  if (one.entity === 'client') {
    return (
      <Link href={`/clients/${encodeURIComponent(one.client)}`}>
        <Plain>{one.client}</Plain>
      </Link>
    );
  }
  return <Plain>{one.name}</Plain>;
}

interface RowProps {
  one: QuietedThing;
  title: string;
  end: ((one: QuietedThing) => void) | null;
}

function Row({ one, title, end }: RowProps): ReactNode {
  return (
    <Table.Tr>
      <Table.Td className="tw-wrap">
        <DetectionName id={one.detection} title={title} />
      </Table.Td>
      <Table.Td className="tw-wrap">
        <About one={one} />
      </Table.Td>
      <Table.Td className="tw-wrap">{one.value !== '' && <Plain>{one.value}</Plain>}</Table.Td>
      <Table.Td className="tw-wrap">
        <Link href={`/incidents/${one.incident}`}>
          <Plain>{one.reason === '' ? 'no reason given' : one.reason}</Plain>
        </Link>
      </Table.Td>
      <Table.Td>
        <Plain>{actorName(one.owner)}</Plain>
      </Table.Td>
      <Table.Td className="tw-nowrap">{moment(one.until)}</Table.Td>
      <Table.Td>
        {end !== null && (
          <Button size="compact-xs" variant="default" onClick={() => end(one)}>
            End now
          </Button>
        )}
      </Table.Td>
    </Table.Tr>
  );
}

/** Ending it means taking the verdict back: asks for the reason, and says what follows. */
function EndDialog({ one, close }: { one: QuietedThing | null; close: () => void }): ReactNode {
  const reason = useRef<HTMLTextAreaElement>(null);
  const { mutate, isPending } = useTransitions();
  const end = (): void => {
    if (one === null) return;
    const incident = { id: one.incident, status: 'false_positive', assignee: '' } as const;
    const why = reason.current?.value.trim() ?? '';
    mutate(
      {
        incidents: [incident],
        transition: { action: 'reopen', reason: why === '' ? 'no longer quieted' : why },
      },
      { onSuccess: close },
    );
  };
  return (
    <Modal opened={one !== null} onClose={close} title="Take the verdict back" centered>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          end();
        }}
      >
        <Text size="sm" c="dimmed" mb="sm">
          The incident is open again, and whatever its verdict kept quiet is told again from the
          next look on.
        </Text>
        <Textarea ref={reason} label="Why" rows={3} maxLength={2000} data-autofocus />
        <Group justify="flex-end" mt="md">
          <Button variant="subtle" color="gray" onClick={close}>
            Cancel
          </Button>
          <Button type="submit" loading={isPending}>
            Reopen the incident
          </Button>
        </Group>
      </form>
    </Modal>
  );
}

interface WatchedProps {
  watched: WatchOnly[];
  titleOf: (detection: string) => string;
}

/** Whole detections that verdicts have made watchers: they find, and open no incident. */
function Watched({ watched, titleOf }: WatchedProps): ReactNode {
  if (watched.length === 0) return null;
  return (
    <section className="tw-family">
      <h2 className="tw-family-name">Watched only</h2>
      <Text size="sm" c="dimmed" mb="sm">
        Nearly always wrong by the verdicts of the last 90 days: what they find is kept and opens no
        incident. Fresh verdicts, or none for 90 days, end it.
      </Text>
      <div className="tw-table-card">
        <DataTable
          label="Detections that are only watched"
          columns={['Detection', 'Why', 'Since']}
          minWidth={560}
        >
          {watched.map(({ detection, reason, since }) => (
            <Table.Tr key={detection}>
              <Table.Td className="tw-wrap">
                <DetectionName id={detection} title={titleOf(detection)} />
              </Table.Td>
              <Table.Td className="tw-wrap">
                <Plain>{reason}</Plain>
              </Table.Td>
              <Table.Td className="tw-nowrap">{moment(since)}</Table.Td>
            </Table.Tr>
          ))}
        </DataTable>
      </div>
    </section>
  );
}

/** What verdicts keep quiet: by whom, why, and until when. */
export default function Quieted(): ReactNode {
  const query = useQuery(placeQueries.quieted());
  const may = useMay('responder');
  const titleOf = useTitles();
  const [ending, setEnding] = useState<QuietedThing | null>(null);
  return (
    <Page title="Quieted">
      <Loaded query={query}>
        {({ quieted, watch_only: watched }) => (
          <>
            {quieted.length === 0 && watched.length === 0 && (
              <Empty
                icon="quieted"
                title="Nothing is quieted"
                detail="A false-positive verdict keeps its detection quiet about the same thing for 30 days. It is listed here, and can be taken back."
              />
            )}
            {quieted.length > 0 && (
              <div className="tw-table-card">
                <DataTable
                  label="Quieted by verdicts"
                  columns={['Detection', 'About', 'Value', 'Why', 'Owner', 'Until', '']}
                  minWidth={900}
                >
                  {quieted.map((one) => (
                    <Row
                      key={`${one.incident} ${one.detection} ${one.value}`}
                      one={one}
                      title={titleOf(one.detection)}
                      end={may ? setEnding : null}
                    />
                  ))}
                </DataTable>
              </div>
            )}
            <Watched watched={watched} titleOf={titleOf} />
          </>
        )}
      </Loaded>
      <EndDialog one={ending} close={() => setEnding(null)} />
    </Page>
  );
}
