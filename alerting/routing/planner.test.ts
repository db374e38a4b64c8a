import { describe, expect, it } from 'vitest';
import { alertingSchema } from '../../config/alerting.ts';
import { correlate } from '../../model/correlate.ts';
import type { Delivery } from '../../model/delivery.ts';
import type { Finding } from '../../model/finding.ts';
import type { TokenHash } from '../../model/hash.ts';
import { fold } from '../../model/incident.ts';
import type { Incident } from '../../model/incident.ts';
import { MORNING, findingOf } from '../../test/support/finding.ts';
import type { Notice } from '../notifier.ts';
import { Planner } from './planner.ts';
import { createQuiet } from './quiet.ts';
import type { Quiet } from './quiet.ts';
import { routingTree } from './tree.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const receiver = { type: 'webhook', url: 'https://x.example', secrets: ['whsec_eA=='] };

/** Incidents, a planner and a clock; every delivery is sent the moment it is planned. */
class Desk {
  readonly incidents = new Map<string, Incident>();
  readonly kept: Delivery[] = [];
  readonly quiet: Quiet;
  readonly #section: Record<string, unknown>;
  readonly #inPlace: boolean;
  planner: Planner;
  clock = MORNING;

  constructor(section: Record<string, unknown>, inPlace = false) {
    this.#section = section;
    this.#inPlace = inPlace;
    this.quiet = createQuiet(this.#config());
    this.planner = this.#plan();
  }

  #config() {
    const receivers = { soc: receiver, boss: receiver };
    return alertingSchema.parse({ receivers, route: { receiver: 'soc' }, ...this.#section });
  }

  #plan(): Planner {
    const config = this.#config();
    const receivers = Object.entries(config.receivers).map(
      ([name, { cap }]) => [name, { notifier: 'x', inPlace: this.#inPlace, cap }] as const,
    );
    return new Planner({
      ...{ tree: routingTree(config), receivers: new Map(receivers), quiet: this.quiet },
      ...{ consoleUrl: '', blastOf: () => null },
    });
  }

  /** As after a crash: only what was kept is known. */
  restart(): void {
    this.planner = this.#plan();
    for (const delivery of this.kept) {
      this.planner.groups.restore(delivery);
      this.planner.recall(delivery);
    }
    for (const incident of this.incidents.values()) this.planner.place(incident);
  }

  put(name: string, finding: Partial<Finding> = {}, change: Partial<Incident> = {}): Incident {
    const made = fold(
      correlate(
        null,
        findingOf({
          ...{ id: name, clientId: 'acme', detectedAt: this.clock },
          tokenHash: Buffer.from(name).toString('hex').padStart(64, '0') as TokenHash,
          ...finding,
        }),
        { reopenWithin: 1, falsePositiveFor: 1 },
      ),
    );
    const incident = { ...made, ...change, version: this.clock - MORNING + 1 };
    this.incidents.set(incident.id, incident);
    this.planner.place(incident);
    return incident;
  }

  close(incident: Incident): void {
    const closed = { ...incident, status: 'resolved', closedAt: this.clock } as const;
    this.incidents.set(incident.id, closed);
    this.planner.place(closed);
  }

  /** Lets time pass second by second; what was said by then, as receiver, reason and why. */
  after(ms: number, step = 1_000): string[] {
    const said: string[] = [];
    const end = this.clock + ms;
    for (; this.clock <= end; this.clock += step) {
      for (const delivery of this.planner.plan(this.incidents, this.clock)) {
        const { why, otherCount } = delivery.payload as unknown as Notice;
        said.push(`${delivery.receiver} ${delivery.reason}: ${why} +${String(otherCount)}`);
        const sent: Delivery = { ...delivery, state: 'sent', remoteRef: `ref ${delivery.id}` };
        this.kept.push(sent);
        this.planner.finished(sent);
      }
    }
    return said;
  }
}

describe('grouping by client', () => {
  const route = { receiver: 'soc', group_by: ['client'], group_interval: '5m' };

  it('one conversation for all; services and severity that are added begin no other', () => {
    const desk = new Desk({ route: { ...route, group_by: ['client', 'service', 'severity'] } });
    desk.put('a', { severity: 'medium' });
    expect(desk.after(20_000)).toEqual(['soc first: new incident +0']);
    desk.put('a', { severity: 'high' }, { services: ['accounts', 'payments'] });
    expect(desk.after(HOUR)).toEqual(['soc update: raised from medium to high +0']);
  });

  it('another incident waits for the interval; one that is graver does not', () => {
    const desk = new Desk({ route });
    desk.put('a');
    desk.after(1_000);
    desk.put('b');
    expect(desk.after(4 * MINUTE)).toEqual([]);
    expect(desk.after(2 * MINUTE)).toEqual(['soc update: another incident joined the group +1']);
    desk.put('c', { severity: 'critical' });
    expect(desk.after(1_000)).toEqual([
      'soc update: another incident joined the group, critical +2',
    ]);
  });

  it('when all of it is over, the next incident begins anew and at once', () => {
    const desk = new Desk({ route });
    const first = desk.put('a', { severity: 'critical' });
    desk.after(1_000);
    desk.close(first);
    expect(desk.after(1_000)).toEqual(['soc closed: resolved +0']);
    desk.put('b');
    expect(desk.after(1_000)).toEqual(['soc first: new incident +0']);
    const notice = desk.kept.at(-1)?.payload as unknown as Notice;
    expect(notice.incident?.closedAt).toBe(0);
    desk.restart();
    expect(desk.after(HOUR)).toEqual([]);
  });
});

describe('caps', () => {
  const limited = { ...receiver, cap: { messages: 2, per: '5m' } };
  const section = { receivers: { soc: limited, boss: receiver } };

  it('hold back into a digest, leave critical ones a lane, and outlast a restart', () => {
    const desk = new Desk(section);
    for (let n = 0; n < 12; n += 1) desk.put(`n${String(n)}`, { clientId: `c${String(n)}` });
    expect(desk.after(1_000)).toEqual(Array(2).fill('soc first: new incident +0'));
    desk.restart();
    expect(desk.after(1_000)).toEqual([]);
    desk.put('grave', { severity: 'critical' });
    expect(desk.after(1_000)).toEqual(['soc first: new incident +0']);
    expect(desk.after(MINUTE)).toEqual(['soc digest: more at once than the receiver takes +10']);
    const digest = desk.kept.at(-1)?.payload as unknown as Notice;
    expect(digest.others).toHaveLength(5);
    desk.restart();
    expect(desk.after(30 * MINUTE)).toEqual([]);
  });

  it('what a digest spoke of ends in silence, and is told when it grows worse', () => {
    const desk = new Desk(section);
    const all = Array.from({ length: 5 }, (_unused, n) => desk.put(`n${String(n)}`));
    desk.after(MINUTE);
    const told = desk.kept.at(-1)?.payload as unknown as Notice;
    expect(told.reason).toBe('digest');
    const held = all.filter(({ id }) => told.told.some((one) => one.id === id));
    expect(held).toHaveLength(3);
    for (const incident of held.slice(1)) desk.close(incident);
    desk.put(held[0]?.findings[0]?.id ?? '', { severity: 'critical' });
    expect(desk.after(30 * MINUTE)).toEqual(['soc update: raised from high to critical +0']);
  });

  it('closing very many at once is no flood either', () => {
    const desk = new Desk({
      ...section,
      receivers: { soc: { ...limited, cap: { messages: 6 } }, boss: receiver },
    });
    const all = Array.from({ length: 30 }, (_unused, n) => desk.put(`n${String(n)}`));
    expect(desk.after(1_000)).toHaveLength(6);
    for (const incident of all) desk.close(incident);
    // Six closings of what was told, and one digest of the rest.
    expect(desk.after(HOUR).length).toBeLessThanOrEqual(7);
  });

  it('replies in one conversation do not hold back the beginning of another', () => {
    const desk = new Desk({
      ...section,
      receivers: { soc: { ...limited, cap: { messages: 2 } }, boss: receiver },
    });
    desk.put('a');
    expect(desk.after(1_000)).toHaveLength(1);
    desk.put('a', { severity: 'critical' });
    expect(desk.after(1_000)).toHaveLength(1);
    desk.put('b', { severity: 'critical' });
    desk.put('c', { severity: 'critical' });
    expect(desk.after(1_000)).toHaveLength(2);
  });
});

describe('escalation and silence', () => {
  const route = { receiver: 'soc', escalate: [{ after: '15m', receiver: 'boss' }] };

  it('the next receiver is told when nobody acknowledged in time, and only then', () => {
    const desk = new Desk({ route });
    desk.put('a');
    desk.put('b', {}, { status: 'acknowledged' });
    expect(desk.after(14 * MINUTE)).toHaveLength(2);
    expect(desk.after(2 * MINUTE)).toEqual([
      'boss escalation: nobody acknowledged within 15 min +0',
    ]);
  });

  it('a silence holds back what it names, and not what is found beside it', () => {
    const desk = new Desk({ route: { receiver: 'soc' } });
    const silence = {
      ...{ id: 's', match: { detection: 'volume.*' }, owner: 'ada', comment: 'a load test' },
      ...{ createdAt: MORNING, startsAt: MORNING, endsAt: MORNING + HOUR },
    };
    desk.quiet.refresh([silence], []);
    desk.put('a');
    expect(desk.after(10 * MINUTE)).toEqual([]);
    desk.put('a', {}, { detections: ['volume.surge', 'geography.new-country'] });
    expect(desk.after(MINUTE)).toEqual(['soc first: new incident +0']);
    desk.put('b');
    // Held, never dropped: it is told when the silence ends.
    expect(desk.after(HOUR)).toEqual(['soc first: new incident +0']);
  });

  it('an incident that was resolved before anyone was told is not told', () => {
    const desk = new Desk({ route: { receiver: 'soc', group_wait: '1m' } });
    desk.close(desk.put('a', { severity: 'low' }));
    expect(desk.after(HOUR)).toEqual([]);
  });
});
