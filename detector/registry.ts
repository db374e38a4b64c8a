import type { Detection, DetectionCard } from './detection.ts';
import { authorizationDeniedStorm } from './detections/authorization-denied-storm.ts';
import { authorizationEnumeration } from './detections/authorization-enumeration.ts';
import { authorizationFailureBurst } from './detections/authorization-failure-burst.ts';
import { authorizationMissingSecondFactor } from './detections/authorization-missing-second-factor.ts';
import { authorizationNotFoundBurst } from './detections/authorization-not-found-burst.ts';
import { authorizationOtherClientsObject } from './detections/authorization-other-clients-object.ts';
import { authorizationOtherOwner } from './detections/authorization-other-owner.ts';
import { authorizationSlowEnumeration } from './detections/authorization-slow-enumeration.ts';
import { authorizationUnauthenticated } from './detections/authorization-unauthenticated.ts';
import { bindingAddressNotAllowed } from './detections/binding-address-not-allowed.ts';
import { bindingCertificateChanged } from './detections/binding-certificate-changed.ts';
import { bindingCertificateMissing } from './detections/binding-certificate-missing.ts';
import { bindingNetworkNotAllowed } from './detections/binding-network-not-allowed.ts';
import { bindingPlainHttp } from './detections/binding-plain-http.ts';
import { bindingWeakTls } from './detections/binding-weak-tls.ts';
import { environmentMismatch } from './detections/environment-mismatch.ts';
import { environmentNew } from './detections/environment-new.ts';
import { geographyConcurrentCountries } from './detections/geography-concurrent-countries.ts';
import { geographyImpossibleTravel } from './detections/geography-impossible-travel.ts';
import { geographyNewCountry } from './detections/geography-new-country.ts';
import { geographyNewNetwork } from './detections/geography-new-network.ts';
import { inventoryDeprecatedRoute } from './detections/inventory-deprecated-route.ts';
import { inventoryRouteCap } from './detections/inventory-route-cap.ts';
import { inventoryUndocumentedRoute } from './detections/inventory-undocumented-route.ts';
import { inventoryUnexpectedField } from './detections/inventory-unexpected-field.ts';
import { lifecycleDormantActive } from './detections/lifecycle-dormant-active.ts';
import { lifecycleExpiredAccepted } from './detections/lifecycle-expired-accepted.ts';
import { lifecycleExpiring } from './detections/lifecycle-expiring.ts';
import { lifecycleLifetimeOverPolicy } from './detections/lifecycle-lifetime-over-policy.ts';
import { lifecycleOverlap } from './detections/lifecycle-overlap.ts';
import { lifecycleRevokedAccepted } from './detections/lifecycle-revoked-accepted.ts';
import { lifecycleRotationOverdue } from './detections/lifecycle-rotation-overdue.ts';
import { pipelineAttributeLost } from './detections/pipeline-attribute-lost.ts';
import { pipelineClockSkew } from './detections/pipeline-clock-skew.ts';
import { pipelineSampled } from './detections/pipeline-sampled.ts';
import { pipelineShardSilent } from './detections/pipeline-shard-silent.ts';
import { pipelineSilent } from './detections/pipeline-silent.ts';
import { pipelineStopped } from './detections/pipeline-stopped.ts';
import { replayNonce } from './detections/replay-nonce.ts';
import { replayStale } from './detections/replay-stale.ts';
import { replayStaleTimestamp } from './detections/replay-stale-timestamp.ts';
import { scopeBeyondGrant } from './detections/scope-beyond-grant.ts';
import { scopeDeniedBurst } from './detections/scope-denied-burst.ts';
import { scopeFirstUse } from './detections/scope-first-use.ts';
import { scopeMixShift } from './detections/scope-mix-shift.ts';
import { scopeNewRoute } from './detections/scope-new-route.ts';
import { sharingAtOnce } from './detections/sharing-at-once.ts';
import { sharingSeveralClients } from './detections/sharing-several-clients.ts';
import { sharingSeveralSigns } from './detections/sharing-several-signs.ts';
import { volumeClientSurge } from './detections/volume-client-surge.ts';
import { volumeDrip } from './detections/volume-drip.ts';
import { volumeRecord } from './detections/volume-record.ts';
import { volumeSilence } from './detections/volume-silence.ts';
import { volumeSurge } from './detections/volume-surge.ts';

/** Every detection: one line each. A new one is a file in `detections/` and a line here. */
export const DETECTIONS = {
  volumeSurge,
  volumeClientSurge,
  scopeFirstUse,
  scopeBeyondGrant,
  scopeNewRoute,
  geographyNewCountry,
  geographyNewNetwork,
  geographyImpossibleTravel,
  geographyConcurrentCountries,
  environmentMismatch,
  environmentNew,
  lifecycleDormantActive,
  lifecycleExpiredAccepted,
  lifecycleExpiring,
  lifecycleLifetimeOverPolicy,
  lifecycleOverlap,
  lifecycleRevokedAccepted,
  lifecycleRotationOverdue,
  authorizationMissingSecondFactor,
  bindingAddressNotAllowed,
  bindingCertificateChanged,
  bindingCertificateMissing,
  bindingNetworkNotAllowed,
  bindingPlainHttp,
  bindingWeakTls,
  authorizationUnauthenticated,
  inventoryUndocumentedRoute,
  inventoryDeprecatedRoute,
  inventoryUnexpectedField,
  inventoryRouteCap,
  scopeDeniedBurst,
  scopeMixShift,
  authorizationNotFoundBurst,
  sharingSeveralSigns,
  volumeRecord,
  volumeDrip,
  volumeSilence,
  authorizationEnumeration,
  authorizationSlowEnumeration,
  authorizationOtherClientsObject,
  authorizationOtherOwner,
  replayNonce,
  replayStale,
  replayStaleTimestamp,
  sharingAtOnce,
  sharingSeveralClients,
  authorizationFailureBurst,
  authorizationDeniedStorm,
  pipelineSilent,
  pipelineStopped,
  pipelineAttributeLost,
  pipelineClockSkew,
  pipelineSampled,
  pipelineShardSilent,
} as const;

/** A detection whose window and baseline are its own business. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- windows and baselines differ by detection
export type AnyDetection = Detection<any, any>;

/** The catalogue as a list. */
export const CATALOGUE: readonly AnyDetection[] = Object.values(DETECTIONS);

/** The card of a detection by its id, or undefined. */
export function cardOf(id: string): DetectionCard | undefined {
  return CATALOGUE.find((detection) => detection.id === id);
}
