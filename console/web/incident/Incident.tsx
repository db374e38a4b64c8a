import { Anchor, Grid, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import type { IncidentView } from '../api-types.ts';
import { queries } from '../data/queries.ts';
import { Age, Plain, Score, SeverityBadge, StatusBadge } from '../ui/bits.tsx';
import { Icon } from '../ui/Icon.tsx';
import { useKeys } from '../ui/keys.ts';
import { Reach } from '../profile/Reach.tsx';
import { RevocationPanel } from '../profile/RevocationPanel.tsx';
import { Failed, Loading } from '../ui/states.tsx';
import { Actions } from './Actions.tsx';
import { ActivityChart } from './ActivityChart.tsx';
import { Calls } from './Calls.tsx';
import { Facts } from './Facts.tsx';
import { Findings } from './Findings.tsx';
import { Members } from './Members.tsx';
import { Places } from './Places.tsx';
import { Related } from './Related.tsx';
import { Story } from './Story.tsx';

function Head({ view }: { view: IncidentView }): ReactNode {
  const { incident } = view;
  return (
    <header className="tw-incident-head" data-severity={incident.severity}>
      <Anchor component={Link} href="/incidents" className="tw-back" size="sm">
        <Icon name="back" size={15} /> Incidents
      </Anchor>
      <div className="tw-incident-marks">
        <Score score={incident.score} severity={incident.severity} />
        <SeverityBadge severity={incident.severity} />
        <StatusBadge status={incident.status} />
        <span className="tw-dimmed">
          opened <Age at={incident.opened_at} /> ago
        </span>
      </div>
      <Title order={1} size="h2" className="tw-wrap">
        <Plain>{incident.title}</Plain>
      </Title>
      <p className="tw-explanation">
        <Plain>{incident.explanation}</Plain>
      </p>
      <Actions incident={incident} />
    </header>
  );
}

function Whole({ view }: { view: IncidentView }): ReactNode {
  const [, navigate] = useLocation();
  useDocumentTitle(`${view.incident.title.slice(0, 80)} · tokenwatch`);
  useKeys({ u: () => navigate('/incidents'), Escape: () => navigate('/incidents') });
  return (
    <div className="tw-page">
      <Head view={view} />
      <Grid gap="lg" mt="lg">
        <Grid.Col span={{ base: 12, md: 8 }}>
          {view.members.length > 0 && <Members members={view.members} />}
          <ActivityChart id={view.incident.id} findings={view.findings} />
          <Places id={view.incident.id} findings={view.findings} />
          <Findings findings={view.findings} />
          <Calls id={view.incident.id} />
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 4 }}>
          <Facts view={view} />
          {view.incident.token_hash !== '' && <RevocationPanel hash={view.incident.token_hash} />}
          {view.incident.entity === 'client' && view.incident.client !== '' && (
            <Reach client={view.incident.client} />
          )}
          <Story view={view} />
          <Related incident={view.incident} />
        </Grid.Col>
      </Grid>
    </div>
  );
}

/** One incident: what happened, why it stands out, what it rests on, what was done. */
export default function Incident({ id }: { id: string }): ReactNode {
  const { data, error } = useQuery(queries.incident(id));
  if (data !== undefined) return <Whole view={data} />;
  if (error !== null)
    return <Failed title="This incident cannot be shown" detail={error.message} />;
  return <Loading />;
}
