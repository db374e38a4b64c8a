import { Anchor, Grid } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { Detection as DetectionData } from '../api-types.ts';
import { queries } from '../data/queries.ts';
import { History } from '../profile/History.tsx';
import { Plain, SeverityBadge } from '../ui/bits.tsx';
import { Icon } from '../ui/Icon.tsx';
import { Page } from '../ui/Page.tsx';
import { Panel } from '../ui/Panel.tsx';
import { Failed, Loading } from '../ui/states.tsx';
import { number } from '../ui/words.ts';
import { Daily } from './Daily.tsx';
import { precisionOf } from './precision.ts';
import { Tuning } from './Tuning.tsx';

function Card({ detection }: { detection: DetectionData }): ReactNode {
  const facts: [string, string][] = [
    ['Family', detection.family],
    ['OWASP API Top 10', detection.owasp.join(', ')],
    ['ATT&CK', detection.attack.join(', ')],
    ['Verdicts', precisionOf(detection)],
    ['Findings in 7 days', number(detection.findings_7d)],
  ];
  return (
    <Panel title="At a glance">
      <dl className="tw-facts">
        {facts.map(([name, value]) => (
          <div key={name} className="tw-fact">
            <dt>{name}</dt>
            <dd>
              <Plain>{value === '' ? '–' : value}</Plain>
            </dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}

function Runbook({ detection }: { detection: DetectionData }): ReactNode {
  const steps = detection.runbook.split('\n').map((step) => step.replace(/^\d+\.\s*/, ''));
  return (
    <>
      <Panel title="Runbook">
        <ol className="tw-steps-list">
          {steps.map((step) => (
            <li key={step}>
              <Plain>{step}</Plain>
            </li>
          ))}
        </ol>
      </Panel>
      {detection.blind_spots.length > 0 && (
        <Panel title="What it does not see">
          <ul className="tw-steps-list">
            {detection.blind_spots.map((spot) => (
              <li key={spot}>
                <Plain>{spot}</Plain>
              </li>
            ))}
          </ul>
        </Panel>
      )}
    </>
  );
}

function Whole({ detection }: { detection: DetectionData }): ReactNode {
  return (
    <>
      <div className="tw-detection-head">
        <SeverityBadge severity={detection.severity} />
        <code className="tw-detection">{detection.id}</code>
      </div>
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, md: 8 }}>
          <Daily values={detection.daily} />
          <Tuning detection={detection} />
          <Runbook detection={detection} />
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 4 }}>
          <Card detection={detection} />
          <History query={{ detection: detection.id }} />
        </Grid.Col>
      </Grid>
    </>
  );
}

/** One detection: what it looks for, what it found, how often it was right, and how it is set. */
export default function Detection({ id }: { id: string }): ReactNode {
  const { data, error } = useQuery(queries.detections());
  if (error !== null) return <Failed title="Detections cannot be read" detail={error.message} />;
  if (data === undefined) return <Loading />;
  const detection = data.detections.find((one) => one.id === id);
  if (detection === undefined) {
    return <Failed title="There is no such detection" detail="It may be of another version." />;
  }
  return (
    <Page
      title={detection.title}
      above={
        <Anchor component={Link} href="/detections" className="tw-back" size="sm">
          <Icon name="back" size={15} /> Detections
        </Anchor>
      }
    >
      <Whole detection={detection} />
    </Page>
  );
}
