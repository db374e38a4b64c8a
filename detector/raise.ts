import type { Finding } from '../model/finding.ts';
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
  'geography.new-country': 'country',
  'geography.new-network': 'asn',
  'environment.new': 'environment',
};

/**
 * Of what was noticed, that which has not been told: new stories, and those that grew by a third.
 * The strongest of each comes through.
 *
 * @param raised what was told before of these entities
 */
export function untold(notices: readonly OpenNotice[], raised: readonly Raised[]): OpenNotice[] {
  const told = new Map(raised.map((one) => [storyOf(one), one]));
  const best = new Map<string, OpenNotice>();
  for (const notice of notices) {
    const story = storyOfNotice(notice);
    const before = told.get(story);
    if (before !== undefined && !isNews(notice, before)) continue;
    const rival = best.get(story);
    if (rival === undefined || notice.noticed.bits > rival.noticed.bits) best.set(story, notice);
  }
  return [...best.values()];
}

function isNews(notice: OpenNotice, before: Raised): boolean {
  if (noticeId(notice) === before.findingId || notice.moment === 'once') return false;
  // What comes late about a time before the last telling belongs to that story.
  if (notice.noticed.windowEnd - before.raisedAt > MERGE_MS) return true;
  return notice.noticed.bits >= LOUDER * before.bits;
}

function evidenceQuery(notice: OpenNotice): EvidenceQuery {
  const { entity, noticed, detection } = notice;
  const dimension = VALUE_OF[detection.id];
  const base: EvidenceQuery = {
    entity: entity.kind,
    tokenHash: entity.tokenHash,
    clientId: entity.clientId,
    from: noticed.windowStart,
    to: noticed.windowEnd,
  };
  if (dimension === undefined || noticed.value === '') return base;
  return { ...base, only: { dimension, value: noticed.value } };
}

/** A notice made a finding: looks up its calls and its peers. */
export async function toFinding(db: Db, notice: OpenNotice, detectedAt: number): Promise<Finding> {
  const query = evidenceQuery(notice);
  const [calls, peers] = await Promise.all([
    readCallsSummary(db, query),
    notice.withPeers === undefined || notice.entity.kind === 'client' ? null : readPeers(db, query),
  ]);
  const noticed = peers === null ? null : (notice.withPeers?.(peers) ?? null);
  return findingFrom({ ...notice, noticed: noticed ?? notice.noticed }, calls, detectedAt);
}

/** What is to be remembered of a notice that was raised. */
export function raisedFrom(notice: OpenNotice): Raised {
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
