import type { ReactNode } from 'react';
import type { SeenValue } from '../api-types.ts';
import { Age, Plain } from '../ui/bits.tsx';
import { Panel } from '../ui/Panel.tsx';
import { number } from '../ui/words.ts';
import { isNew } from './new-values.ts';

interface Props {
  title: string;
  values: SeenValue[];
  /** How a value is written out. */
  word?: (value: string) => string;
}

const SHOWN = 12;
function Row({ value, values, word }: { value: SeenValue } & Omit<Props, 'title'>): ReactNode {
  const top = Math.max(1, ...values.map(({ calls }) => calls));
  return (
    <li className="tw-seen">
      <span className="tw-seen-value">
        <Plain>{word === undefined ? value.value : word(value.value)}</Plain>
        {isNew(value, values) && <span className="tw-new">new</span>}
      </span>
      <svg className="tw-seen-bar" height="6" width="80" aria-hidden="true">
        <rect width="80" height="6" rx="3" className="tw-score-rest" />
        <rect
          width={Math.max(2, (80 * value.calls) / top)}
          height="6"
          rx="3"
          className="tw-seen-part"
        />
      </svg>
      <span className="tw-seen-calls">{number(value.calls)}</span>
      <Age at={value.last_seen} />
    </li>
  );
}

/** Values that were seen, the busiest first, with their share of it; the rarest still show as a dot. */
export function Seen({ title, values, word }: Props): ReactNode {
  if (values.length === 0) return null;
  const more = values.length - SHOWN;
  return (
    <Panel title={title} aside={<span className="tw-count">{values.length}</span>}>
      <ul className="tw-seen-list">
        {values.slice(0, SHOWN).map((value) => (
          <Row
            key={value.value}
            value={value}
            values={values}
            {...(word === undefined ? {} : { word })}
          />
        ))}
      </ul>
      {more > 0 && <p className="tw-dimmed">and {more} more</p>}
    </Panel>
  );
}
