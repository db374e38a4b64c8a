import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { Detection } from '../api-types.ts';
import { queries } from '../data/queries.ts';
import { Plain, SeverityBadge } from '../ui/bits.tsx';
import { Sparkbars } from '../ui/Sparkbars.tsx';
import { Page } from '../ui/Page.tsx';
import { Empty, Failed, Loading } from '../ui/states.tsx';
import { precisionOf } from '../detection/precision.ts';

function One({ detection }: { detection: Detection }): ReactNode {
  const references = [...detection.owasp, ...detection.attack];
  return (
    <li className="tw-detection-row">
      <div className="tw-detection-main">
        <div className="tw-finding-head">
          <SeverityBadge severity={detection.severity} />
          <Link href={`/detections/${detection.id}`} className="tw-row-title">
            <Plain>{detection.title}</Plain>
          </Link>
          <code className="tw-detection">{detection.id}</code>
        </div>
        <div className="tw-tags">
          {references.map((reference) => (
            <span key={reference} className="tw-tag">
              {reference}
            </span>
          ))}
        </div>
      </div>
      <div className="tw-detection-side">
        <Sparkbars values={detection.daily} label="Findings a day, last 14 days" />
        <span className="tw-dimmed">
          {detection.findings_7d} in 7 days · {precisionOf(detection)}
        </span>
      </div>
    </li>
  );
}

/** Every way of noticing: what it looks for, what it found, how often it was right. */
export default function Detections(): ReactNode {
  const { data, error } = useQuery(queries.detections());
  if (error !== null) return <Failed title="Detections cannot be read" detail={error.message} />;
  if (data === undefined) return <Loading />;
  const families = Map.groupBy(data.detections, ({ family }) => family);
  return (
    <Page title="Detections">
      {data.detections.length === 0 && (
        <Empty
          icon="detections"
          title="No catalogue yet"
          detail="The detector writes its catalogue here when it starts."
        />
      )}
      {[...families].map(([family, detections]) => (
        <section key={family} className="tw-family">
          <h2 className="tw-family-name">{family}</h2>
          <ul className="tw-detections">
            {detections.map((detection) => (
              <One key={detection.id} detection={detection} />
            ))}
          </ul>
        </section>
      ))}
    </Page>
  );
}
