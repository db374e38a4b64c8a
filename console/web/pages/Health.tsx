import { SimpleGrid } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { placeQueries } from '../data/profile-queries.ts';
import { Age } from '../ui/bits.tsx';
import { Loaded, Page } from '../ui/Page.tsx';
import { Panel } from '../ui/Panel.tsx';
import { number } from '../ui/words.ts';

const STAGES = ['collector', 'detector', 'alerting', 'console'];

interface FigureProps {
  name: string;
  tone?: 'plain' | 'warn';
  children: ReactNode;
}

function Figure({ name, tone = 'plain', children }: FigureProps): ReactNode {
  return (
    <div className="tw-health-figure" data-tone={tone}>
      <h2>{name}</h2>
      <p>{children}</p>
    </div>
  );
}

function AgeOr({ at, none }: { at: string; none: string }): ReactNode {
  return at === '' ? none : <Age at={at} />;
}

function Stages({ stages }: { stages: { stage: string; instance: string; at: string }[] }) {
  return (
    <Panel title="Stages">
      <ul className="tw-grant">
        {STAGES.map((stage) => {
          const running = stages.filter((one) => one.stage === stage);
          return (
            <li key={stage} data-used={running.length > 0}>
              <span>{stage}</span>
              <span>
                {running.map(({ instance }) => instance).join(', ')}{' '}
                <span className="tw-state" data-tone={running.length > 0 ? 'good' : 'warn'}>
                  {running.length > 0 ? 'running' : 'not heard of in 2 minutes'}
                </span>
              </span>
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}

/** Whether tokenwatch itself is well. */
export default function Health(): ReactNode {
  const query = useQuery(placeQueries.pipeline());
  return (
    <Page title="Health">
      <Loaded query={query}>
        {(health) => (
          <>
            <Stages stages={health.stages} />
            <SimpleGrid cols={{ base: 2, md: 4 }} spacing="md">
              <Figure name="Calls, last minute">{number(health.calls_last_minute)}</Figure>
              <Figure name="Calls, last hour">{number(health.calls_last_hour)}</Figure>
              <Figure name="Last call">
                <AgeOr at={health.last_call_at} none="none" />
              </Figure>
              <Figure name="Last finding">
                <AgeOr at={health.last_finding_at} none="none" />
              </Figure>
              <Figure name="Deliveries waiting">{number(health.pending_deliveries)}</Figure>
              <Figure
                name="Deliveries failed, last day"
                tone={health.failed_deliveries > 0 ? 'warn' : 'plain'}
              >
                {number(health.failed_deliveries)}
              </Figure>
              <Figure name="On disk">{number(health.bytes / 1e6)} MB</Figure>
              <Figure name="Parts in ClickHouse">{number(health.parts)}</Figure>
            </SimpleGrid>
          </>
        )}
      </Loaded>
    </Page>
  );
}
