import {
  readNewCertificates,
  readOutsideUse,
  readRegisteredBindings,
  readUnboundUse,
} from '../../store/detection/binding.ts';
import type {
  ForeignUse,
  NewCertificate,
  OutsideUse,
  UnboundUse,
} from '../../store/detection/binding.ts';
import type { OpenNotice } from '../judge/judged.ts';
import { DETECTIONS } from '../registry.ts';
import { noticesOf, serviceEntity, tokenEntity } from './notice.ts';
import type { Watch } from './watch.ts';

function judgeUnbound(use: UnboundUse): OpenNotice[] {
  const { bindingCertificateMissing: missing, bindingCertificateChanged: changed } = DETECTIONS;
  const token = tokenEntity(use.tokenHash, use.clientId);
  const knows = use.serviceSees > 0;
  // A service that reports no certificate at all has the problem, not each of its tokens.
  const without = noticesOf({
    detection: missing,
    entity: knows ? token : serviceEntity(use.service),
    noticed: missing.detect(use, {}, missing.parameters),
    decidedAt: use.first,
    ...(knows ? { calls: use.missing } : {}),
  });
  const other = noticesOf({
    detection: changed,
    entity: token,
    noticed: changed.detect(
      { ...use, certificate: '', calls: use.wrong },
      { bound: true, knownCalls: 0, knownSince: 0, siblings: 0 },
      changed.parameters,
    ),
    decidedAt: use.first,
    calls: use.wrong,
  });
  return [...without, ...other];
}

function judgeForeign(use: ForeignUse): OpenNotice[] {
  const detection = DETECTIONS.bindingNetworkNotAllowed;
  return noticesOf({
    detection,
    entity: tokenEntity(use.tokenHash, use.clientId),
    noticed: detection.detect(use, { allowed: use.allowed }, detection.parameters),
    decidedAt: use.first,
  });
}

function judgeOutside(use: OutsideUse): OpenNotice[] {
  const detection = DETECTIONS.bindingAddressNotAllowed;
  return noticesOf({
    detection,
    entity: tokenEntity(use.tokenHash, use.clientId),
    noticed: detection.detect(use, {}, detection.parameters),
    decidedAt: use.first,
    calls: use.calls,
  });
}

function judgeNew(one: NewCertificate): OpenNotice[] {
  const detection = DETECTIONS.bindingCertificateChanged;
  const window = { ...one, first: one.time, last: one.time, calls: 1 };
  return noticesOf({
    detection,
    entity: tokenEntity(one.tokenHash, one.clientId),
    noticed: detection.detect(window, { ...one, bound: false }, detection.parameters),
    decidedAt: one.time,
  });
}

/** Tokens bound to certificates, networks and addresses, by what they state, are registered with, or always showed. */
export const bindings: readonly Watch[] = [
  {
    concern: 'unbound',
    pace: 'tick',
    look: async (db, scope) => (await readUnboundUse(db, scope)).flatMap(judgeUnbound),
  },
  {
    concern: 'outside',
    pace: 'tick',
    look: async (db, scope) => (await readOutsideUse(db, scope)).flatMap(judgeOutside),
  },
  {
    concern: 'registeredBindings',
    pace: 'slow',
    look: async (db, scope) => {
      const { unbound, foreign } = await readRegisteredBindings(db, scope);
      return [...unbound.flatMap(judgeUnbound), ...foreign.flatMap(judgeForeign)];
    },
  },
  {
    concern: 'certified',
    pace: 'slow',
    byToken: true,
    look: async (db, scope) => (await readNewCertificates(db, scope)).flatMap(judgeNew),
  },
];
