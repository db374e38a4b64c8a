import type { Json } from '../../model/finding.ts';
import type { Severity } from '../../model/severity.ts';
import { featureNamed } from '../../store/rules/features.ts';
import type { FeatureValue, Firing } from '../../store/rules/look.ts';
import type { OpenNotice } from '../judge/judged.ts';
import { clientEntity, tokenEntity } from '../watch/notice.ts';
import { told, writeMessage } from './message.ts';
import type { Rule } from './rule.ts';

/** A rule has no statistics: how surprising it counts as follows from how severe its author calls it. */
const BITS: Readonly<Record<Severity, number>> = { low: 8, medium: 12, high: 16, critical: 20 };
const THRESHOLD_BITS = 10;

const plain = (value: FeatureValue): Json =>
  typeof value === 'string' || Array.isArray(value) ? told(value) : value;

/** `amount 12,400, country VN` */
function sentence(
  names: readonly string[],
  values: Readonly<Record<string, FeatureValue>>,
): string {
  return names.map((name) => `${name} ${told(values[name] ?? null)}`).join(', ');
}

/** What a firing of a rule is, for the finding: one of a token (or client) in six hours is told. */
export function noticeOf(rule: Rule, firing: Firing): OpenNotice {
  const { card, features, entity, message } = rule;
  const { values, time, clientId, tokenHash, calls } = firing;
  const ofCall = features.filter((name) => featureNamed(name)?.group === 'call');
  const ofPast = features.filter((name) => featureNamed(name)?.group !== 'call');
  const seen = ofCall.length === 0 ? 'the call' : sentence(ofCall, values);
  const usual = ofPast.length === 0 ? 'the rule asks nothing of it' : sentence(ofPast, values);
  const facts: Record<string, Json> = {
    rule: rule.source.replace(/\s+/g, ' ').trim().slice(0, 500),
    features: Object.fromEntries(features.map((name) => [name, plain(values[name] ?? null)])),
    ...(rule.tags.length === 0 ? {} : { tags: [...rule.tags] }),
    ...(calls > 1 ? { calls_that_fired: calls } : {}),
  };
  const said = writeMessage(message, values).replace(/\.$/, '');
  return {
    detection: card,
    entity: entity === 'client' ? clientEntity(clientId) : tokenEntity(tokenHash, clientId),
    noticed: {
      bits: BITS[card.severity],
      thresholdBits: THRESHOLD_BITS,
      value: '',
      explanation: `${said}. Seen: ${seen}; in its context: ${usual}.`,
      evidence: { seen, usual, facts },
      windowStart: time,
      windowEnd: time + 1,
    },
    moment: time,
    decidedAt: time,
  };
}
