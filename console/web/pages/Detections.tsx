import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Detection } from '../api-types.ts';
import { queries } from '../data/queries.ts';
import { Plain, SeverityBadge } from '../ui/bits.tsx';
import { Sparkbars } from '../ui/Sparkbars.tsx';
import { Page } from '../ui/Page.tsx';
import { Empty, Failed, Loading } from '../ui/states.tsx';

/** `86 % of 14` from verdicts, or that there are none yet. */
function precisionOf({ confirmed, false_positives: wrong }: Detection): string {
  const judged = confirmed + wrong;
  if (judged === 0) return 'no verdicts yet';
  return `${String(Math.round((100 * confirmed) / judged))} % of ${String(judged)} were real`;
}

function One({ detection }: { detection: Detection }): ReactNode {
  const references = [...detection.owasp, ...detection.attack];
  return (
    <li className="tw-detection-row">
      <div className="tw-detection-main">
        <div className="tw-finding-head">
          <SeverityBadge severity={detection.severity} />
          <strong>
            <Plain>{detection.title}</Plain>
          </strong>
          <code className="tw-detection">{detection.id}</code>
        </div>
        <div className="tw-tags">
          {references.map((reference) => (
            <span key={reference} className="tw-tag">
              {reference}
            </span>
          ))}
        </div>
        <details className="tw-runbook">
          <summary>Runbook</summary>
          <p className="tw-pre">
            <Plain>{detection.runbook}</Plain>
          </p>
          {detection.blind_spots.length > 0 && (
            <>
              <h3>What it does not see</h3>
              <ul>
                {detection.blind_spots.map((spot) => (
                  <li key={spot}>{spot}</li>
                ))}
              </ul>
            </>
          )}
        </details>
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
