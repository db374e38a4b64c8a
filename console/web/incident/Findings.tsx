import type { ReactNode } from 'react';
import type { Evidence, Finding } from '../api-types.ts';
import { Plain, SeverityBadge } from '../ui/bits.tsx';
import { Panel } from '../ui/Panel.tsx';
import { duration, moment, number } from '../ui/words.ts';
import { RangeScale } from './RangeScale.tsx';

/** A fact as text: lists with commas, objects as `key: value`. */
function textOf(value: unknown): string {
  if (typeof value === 'number') return number(value);
  if (Array.isArray(value)) return value.map(textOf).join(', ');
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .map(([key, child]) => `${key}: ${textOf(child)}`)
      .join(', ');
  }
  return String(value);
}

function Compared({ evidence }: { evidence: Evidence }): ReactNode {
  const { seen, usual } = evidence;
  if (typeof seen === 'number' && typeof usual === 'object') {
    return <RangeScale evidence={evidence} seen={seen} usual={usual} />;
  }
  const unit = evidence.unit === undefined ? '' : ` ${evidence.unit}`;
  const usually =
    typeof usual === 'object' ? `${number(usual.low)} to ${number(usual.high)}` : usual;
  return (
    <div className="tw-versus">
      <div className="tw-versus-seen">
        <span className="tw-label">Seen</span>
        <Plain>{`${textOf(evidence.value ?? seen)}${evidence.value === undefined ? unit : ''}`}</Plain>
      </div>
      <div className="tw-versus-usual">
        <span className="tw-label">Usual</span>
        <Plain>{usually ?? 'not known'}</Plain>
      </div>
    </div>
  );
}

function Details({ finding }: { finding: Finding }): ReactNode {
  const facts = Object.entries(finding.evidence.facts ?? {});
  const unknown = finding.evidence.unknown ?? [];
  const traces = finding.evidence.trace_ids ?? [];
  if (facts.length + unknown.length + traces.length === 0) return null;
  return (
    <dl className="tw-facts">
      {facts.map(([name, value]) => (
        <div key={name} className="tw-fact">
          <dt>
            <Plain>{name.replaceAll('_', ' ')}</Plain>
          </dt>
          <dd>
            <Plain>{textOf(value)}</Plain>
          </dd>
        </div>
      ))}
      {traces.length > 0 && (
        <div className="tw-fact">
          <dt>traces</dt>
          <dd className="tw-traces">
            {traces.map((trace) => (
              <code key={trace}>{trace}</code>
            ))}
          </dd>
        </div>
      )}
      {unknown.length > 0 && (
        <div className="tw-fact">
          <dt>not known</dt>
          <dd>
            <Plain>{unknown.join(', ')}</Plain>
          </dd>
        </div>
      )}
    </dl>
  );
}

function OneFinding({ finding }: { finding: Finding }): ReactNode {
  const window = Date.parse(finding.window_end) - Date.parse(finding.window_start);
  return (
    <li className="tw-finding" data-severity={finding.severity}>
      <div className="tw-finding-head">
        <SeverityBadge severity={finding.severity} />
        <strong className="tw-wrap">
          <Plain>{finding.title}</Plain>
        </strong>
        <code className="tw-detection">{finding.detection}</code>
      </div>
      <p className="tw-finding-why">
        <Plain>{finding.explanation}</Plain>
      </p>
      <Compared evidence={finding.evidence} />
      <Details finding={finding} />
      <p className="tw-finding-when">
        {moment(finding.window_start)}, {duration(window)} · {number(finding.calls)} calls ·{' '}
        {Math.round(finding.bits)} bits · <Plain>{finding.service}</Plain>{' '}
        <Plain>{finding.environment}</Plain>
      </p>
    </li>
  );
}

/** The findings behind an incident, the most surprising first. */
export function Findings({ findings }: { findings: Finding[] }): ReactNode {
  if (findings.length === 0) return null;
  return (
    <Panel title="Evidence" aside={<span className="tw-count">{findings.length}</span>}>
      <ul className="tw-findings">
        {findings
          .toSorted((a, b) => b.bits - a.bits)
          .slice(0, 50)
          .map((finding) => (
            <OneFinding key={finding.id} finding={finding} />
          ))}
      </ul>
    </Panel>
  );
}
