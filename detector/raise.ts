import type { Finding } from '../model/finding.ts';
import { isUpkeep } from '../model/upkeep.ts';
import type { Db } from '../store/db.ts';
import { readCallsSummary, readPeers } from '../store/detection/evidence.ts';
import type { EvidenceQuery } from '../store/detection/evidence.ts';
import type { Dimension } from '../store/detection/fresh.ts';
import type { Raised } from '../store/detection/raised.ts';
import { findingFrom, noticeId } from './findings.ts';
import type { OpenNotice } from './judge/judged.ts';
import { HOUR_MS } from './volume/calendar.ts';

/** Findings of the same kind within this time are one story, ms. */
const MERGE_MS = 6 * HOUR_MS;
/** It is told again only when it has become so much more surprising. */
const LOUDER = 1.3;

/** A key for what is raised at most once at a time. */
function storyOf(one: { entity: string; key: string; detection: string; value: string }): string {
  return [one.entity, one.key, one.detection, one.value].join('\0');
}

function storyOfNotice(notice: OpenNotice): string {
  return storyOf({
    entity: notice.entity.kind,
    key: notice.entity.key,
    detection: notice.detection.id,
    value: notice.noticed.value,
  });
}

/** Where the value of a detection is found in a call. */
const VALUE_OF: Readonly<Record<string, Dimension>> = {
  'scope.first-use': 'scope',
  'scope.beyond-grant': 'scope',
  'scope.new-route': 'route',
  'scope.mix-shift': 'route',
  'volume.drip': 'route',
  'geography.new-country': 'country',
  'geography.new-network': 'asn',
  'environment.new': 'environment',
  'pipeline.silent': 'environment',
};

/** Says only that signs came together: nothing that their own detections have not said already. */
const COMBINED = 'sharing.several-signs';

/** Windows longer than this look back over what was told before, ms. */
const LONG_MS = 2 * HOUR_MS;

/** What was told so far, by story. */
export type Told = Map<string, Raised>;

/** The stories of what was raised before. */
export function toldFrom(raised: readonly Raised[]): Told {
  return new Map(raised.map((one) => [storyOf(one), one]));
}

/** What is new among notices, and what is to be remembered. */
export interface News {
  raise: OpenNotice[];
  remember: Raised[];
}

/**
 * Of what was noticed, that which has not been told: new stories, and those that grew by a third.
 * Within the same moment a story only grows, untold. Notices are taken in the order of their time;
 * `told` is brought up to date. That signs came together is told only where none of them sufficed.
 */
export function untold(notices: readonly OpenNotice[], told: Told): News {
  const raise: OpenNotice[] = [];
  const remember = new Map<string, Raised>();
  const ordered = [...notices].sort(
    (a, b) =>
      a.noticed.windowEnd - b.noticed.windowEnd ||
      Number(isCombined(a)) - Number(isCombined(b)) ||
      b.noticed.bits - a.noticed.bits,
  );
  const lastTold = new Map<string, number>();
  const lastAlone = new Map<string, number>();
  const note = ({ key, detection, raisedAt }: Raised): void => {
    if (isUpkeep(detection)) return;
    lastTold.set(key, Math.max(lastTold.get(key) ?? 0, raisedAt));
    if (detection !== COMBINED) lastAlone.set(key, Math.max(lastAlone.get(key) ?? 0, raisedAt));
  };
  for (const one of told.values()) note(one);
  for (const notice of ordered) {
    const { key } = notice.entity;
    if (isAftermath(notice, lastTold.get(key) ?? 0)) continue;
    if (isCombined(notice) && saidAlone(notice, lastAlone.get(key))) continue;
    const story = storyOfNotice(notice);
    const before = told.get(story);
    const decision = before === undefined ? 'raise' : decide(notice, before);
    if (decision === 'drop') continue;
    const now =
      decision === 'grow' && before !== undefined
        ? { ...before, bits: notice.noticed.bits }
        : raisedFrom(notice);
    if (decision === 'raise') raise.push(notice);
    told.set(story, now);
    note(now);
    remember.set(story, now);
  }
  return { raise, remember: [...remember.values()] };
}

/**
 * Whether a day's window is out of the ordinary because of what was told hours ago: it still holds
 * those calls when everything has long been quiet again. It was told within minutes, so that a window
 * that begins soon after holds the end of the same.
 */
function isAftermath({ detection, noticed }: OpenNotice, lastTold: number): boolean {
  const { windowStart, windowEnd } = noticed;
  return (
    // Only volume sums up all calls of its window; a day of new objects is a story of its own.
    detection.family === 'volume' &&
    windowEnd - windowStart > LONG_MS &&
    lastTold > windowStart - HOUR_MS &&
    windowEnd - lastTold > MERGE_MS
  );
}

function isCombined({ detection }: OpenNotice): boolean {
  return detection.id === COMBINED;
}

/** Whether something of the same entity was told in the hours before. */
function saidAlone({ noticed }: OpenNotice, last: number | undefined): boolean {
  return last !== undefined && noticed.windowEnd - last <= MERGE_MS;
}

function decide(notice: OpenNotice, before: Raised): 'raise' | 'grow' | 'drop' {
  if (notice.moment === 'once') return 'drop';
  const { bits, windowEnd } = notice.noticed;
  if (noticeId(notice) === before.findingId) return bits > before.bits ? 'grow' : 'drop';
  // What comes late about a time before the last telling belongs to that story.
  if (windowEnd - before.raisedAt > MERGE_MS) return 'raise';
  return bits >= LOUDER * before.bits ? 'raise' : 'drop';
}

function evidenceQuery(notice: OpenNotice): EvidenceQuery {
  const { entity, noticed } = notice;
  const base: EvidenceQuery = {
    entity: entity.kind,
    tokenHash: entity.tokenHash,
    clientId: entity.clientId,
    ...(entity.name === undefined ? {} : { name: entity.name }),
    from: noticed.windowStart,
    to: noticed.windowEnd,
    ...(notice.statuses === undefined ? {} : { statuses: notice.statuses }),
  };
  return { ...base, ...onlyOf(notice) };
}

/** Which of an entity's calls a notice is about, where not all. */
export function onlyOf({ detection, noticed }: OpenNotice): Pick<EvidenceQuery, 'only'> {
  const dimension = VALUE_OF[detection.id];
  if (dimension === undefined || noticed.value === '') return {};
  return { only: { dimension, value: noticed.value } };
}

/** A notice made a finding: looks up its calls and its peers. */
export async function toFinding(db: Db, notice: OpenNotice, detectedAt: number): Promise<Finding> {
  const query = evidenceQuery(notice);
  const [calls, peers] = await Promise.all([
    readCallsSummary(db, query),
    notice.withPeers === undefined || notice.entity.kind !== 'token' ? null : readPeers(db, query),
  ]);
  const noticed = peers === null ? null : (notice.withPeers?.(peers) ?? null);
  return findingFrom({ ...notice, noticed: noticed ?? notice.noticed }, calls, detectedAt);
}

function raisedFrom(notice: OpenNotice): Raised {
  return {
    entity: notice.entity.kind,
    key: notice.entity.key,
    detection: notice.detection.id,
    value: notice.noticed.value,
    raisedAt: notice.noticed.windowEnd,
    bits: notice.noticed.bits,
    findingId: noticeId(notice),
  };
}
