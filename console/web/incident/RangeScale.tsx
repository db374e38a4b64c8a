import type { ReactNode } from 'react';
import type { Evidence } from '../api-types.ts';
import { number } from '../ui/words.ts';

interface Props {
  evidence: Evidence;
  seen: number;
  usual: { low: number; high: number };
}

/** Where a value lies between nothing and a third over the largest, 0 to 100, on a scale of log(1 + x). */
function scale(values: number[]): (value: number) => number {
  const top = Math.log1p(Math.max(...values) * 1.35);
  return (value) => (top === 0 ? 0 : (100 * Math.log1p(Math.max(0, value))) / top);
}

function Mark({
  at,
  word,
  value,
  kind,
}: {
  at: number;
  word: string;
  value: number;
  kind: string;
}) {
  return (
    <>
      <line x1={at} x2={at} y1={kind === 'seen' ? 0 : 4} y2={20} className={`tw-mark-${kind}`} />
      <title>
        {word}: {number(value)}
      </title>
    </>
  );
}

function Words({ evidence, seen, usual }: Props): ReactNode {
  const { peers, threshold, unit } = evidence;
  return (
    <figcaption className="tw-range-words">
      <span className="tw-key tw-key-seen">
        seen <b>{number(seen)}</b>
      </span>
      <span className="tw-key tw-key-usual">
        usual <b>{`${number(usual.low)}–${number(usual.high)}`}</b>
      </span>
      {peers !== undefined && (
        <span className="tw-key tw-key-peers">
          peers to <b>{number(peers)}</b>
        </span>
      )}
      {threshold !== undefined && (
        <span className="tw-key tw-key-threshold">
          tolerated to <b>{number(threshold)}</b>
        </span>
      )}
      <span className="tw-range-unit">{unit ?? ''}</span>
    </figcaption>
  );
}

/** The usual band, what peers do, what was tolerated and what was seen, on one line. */
export function RangeScale({ evidence, seen, usual }: Props): ReactNode {
  const { peers, threshold } = evidence;
  const place = scale([seen, usual.high, peers ?? 0, threshold ?? 0]);
  const words = [
    `Seen ${number(seen)} ${evidence.unit ?? ''}`,
    `usual ${number(usual.low)} to ${number(usual.high)}`,
    ...(peers === undefined ? [] : [`peers up to ${number(peers)}`]),
    ...(threshold === undefined ? [] : [`tolerated up to ${number(threshold)}`]),
  ];
  const low = place(usual.low);
  return (
    <figure className="tw-range">
      <svg viewBox="0 0 100 20" preserveAspectRatio="none" role="img" aria-label={words.join(', ')}>
        <rect x="0" y="8" width="100" height="6" rx="1" className="tw-range-rest" />
        <rect
          x={low}
          y="8"
          width={Math.max(1.2, place(usual.high) - low)}
          height="6"
          className="tw-range-usual"
        />
        <rect
          x={place(usual.high)}
          y="10"
          width={Math.max(0, place(seen) - place(usual.high))}
          height="2"
          className="tw-range-over"
        />
        {peers !== undefined && <Mark at={place(peers)} word="Peers" value={peers} kind="peers" />}
        {threshold !== undefined && (
          <Mark at={place(threshold)} word="Tolerated" value={threshold} kind="threshold" />
        )}
        <Mark at={place(seen)} word="Seen" value={seen} kind="seen" />
      </svg>
      <Words evidence={evidence} seen={seen} usual={usual} />
    </figure>
  );
}
