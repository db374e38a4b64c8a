import { describe, expect, it } from 'vitest';
import type { OpenNotice } from './judge/judged.ts';
import { toldFrom, untold } from './raise.ts';
import { DETECTIONS } from './registry.ts';

const HOUR = 3_600_000;
const AT = 495_000 * HOUR;

type Name = 'geographyNewCountry' | 'sharingSeveralSigns' | 'lifecycleExpiring';

function notice(name: Name, minute: number, bits: number): OpenNotice {
  const end = AT + minute * 60_000;
  return {
    detection: DETECTIONS[name],
    entity: { kind: 'token', key: 'aa', tokenHash: 'aa', clientId: 'acme' },
    moment: minute,
    noticed: {
      ...{ bits, thresholdBits: 10, value: '', explanation: '', evidence: { seen: 1 } },
      ...{ windowStart: end - 1, windowEnd: end },
    },
  };
}

const raised = (...notices: OpenNotice[]): string[] =>
  untold(notices, toldFrom([])).raise.map((one) => one.detection.id);

describe('what is told', () => {
  it('leaves out that signs came together where one of them was told by itself', () => {
    const country = notice('geographyNewCountry', 5, 20);
    expect(raised(country, notice('sharingSeveralSigns', 5, 60))).toEqual([
      'geography.new-country',
    ]);
    expect(raised(country, notice('sharingSeveralSigns', 50, 60))).toEqual([
      'geography.new-country',
    ]);
  });

  it('says that signs came together where none of them sufficed, and what suffices later', () => {
    expect(
      raised(notice('sharingSeveralSigns', 5, 20), notice('geographyNewCountry', 50, 20)),
    ).toEqual(['sharing.several-signs', 'geography.new-country']);
    expect(
      raised(notice('geographyNewCountry', 5, 20), notice('sharingSeveralSigns', 500, 20)),
    ).toEqual(['geography.new-country', 'sharing.several-signs']);
  });

  it('does not count upkeep as a sign', () => {
    expect(
      raised(notice('lifecycleExpiring', 1, 60), notice('sharingSeveralSigns', 5, 20)),
    ).toContain('sharing.several-signs');
  });

  it('tells of a day of new objects although something else was told in the morning', () => {
    const morning = notice('geographyNewCountry', 5, 20);
    const late = notice('lifecycleExpiring', 16 * 60, 60);
    const slow: OpenNotice = {
      ...late,
      detection: DETECTIONS.authorizationSlowEnumeration,
      noticed: { ...late.noticed, windowStart: AT },
    };
    expect(raised(morning, slow)).toContain('authorization.slow-enumeration');
  });

  it('does not tell of the end of a burst as of a day of its own', () => {
    const burst = notice('geographyNewCountry', 5, 20);
    const day = (from: number): OpenNotice => {
      const late = notice('lifecycleExpiring', 16 * 60, 40);
      const windowStart = AT + from * 60_000;
      return {
        ...late,
        detection: DETECTIONS.volumeSurge,
        noticed: { ...late.noticed, windowStart },
      };
    };
    expect(raised(burst, day(12))).toEqual(['geography.new-country']);
    expect(raised(burst, day(80))).toEqual(['geography.new-country', 'volume.surge']);
  });
});
