import type { Attributes } from '@opentelemetry/api';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { OTEL, TW } from '../model/attributes.ts';
import type { Credential } from '../model/credential.ts';
import { statedSeconds } from '../model/stated-time.ts';
import { addDetails } from './call-details.ts';
import type { CallDetails } from './call-details.ts';
import { addCaller } from './client-address.ts';
import { credentialOf } from './credential.ts';
import { forget, remember } from './in-flight.ts';
import { guarded } from './options.ts';
import type { Settings } from './options.ts';
import { requestFields } from './request-fields.ts';
import { endOwn, serverSpan } from './server-span.ts';
import type { ServerSpan } from './server-span.ts';
import { isCertified, tlsAttributes } from './tls-details.ts';
import { addClaims, addTokenHash } from './token-attributes.ts';

/** What a framework knows that Node's request does not; asked when the response is done. */
export interface FrameworkView {
  /** The route's template, `/accounts/:id`. */
  route: () => string | undefined;
  /** The caller's address by the framework's trusted proxies; undefined where it has none. */
  address: () => string | undefined;
  /** `http` or `https` towards the caller, by the framework's trusted proxies. */
  scheme: () => string | undefined;
  /** The parsed body. */
  body: () => unknown;
  /** What the service says of the call. */
  details: () => CallDetails | undefined;
}

interface Observation extends ServerSpan {
  request: IncomingMessage;
  response: ServerResponse;
  /** Read at the start: of a caller who hangs up nothing is known at the end. */
  peer: string | undefined;
  /** `undefined` when looking for it failed: then nothing is said of the decision either. */
  credential: Credential | null | undefined;
  view: FrameworkView;
}

/** What handlers said with `describe()`, while their requests are in flight. */
const described = new WeakMap<IncomingMessage, CallDetails>();

/** Keeps details of a request until its response is done; later words win over earlier ones. */
export function describeCall(request: IncomingMessage, details: CallDetails): void {
  described.set(request, { ...described.get(request), ...details });
}

/**
 * Watches one request: finds its server span and sets the attributes when the response closes,
 * before the span ends. Never throws and never waits.
 */
export function observeRequest(
  settings: Settings,
  request: IncomingMessage,
  response: ServerResponse,
  view: FrameworkView,
): void {
  guarded(settings, () => {
    const found = serverSpan(request);
    if (found === null) return;
    const credential = findCredential(settings, request);
    if (credential) remember(found.span.spanContext().traceId, credential.raw);
    const peer = request.socket.remoteAddress;
    const observation = { ...found, request, response, peer, credential, view };
    // Before the HTTP instrumentation's own listener, which ends the span.
    response.prependOnceListener('close', () => {
      guarded(settings, () => complete(settings, observation));
    });
  });
}

function findCredential(
  settings: Settings,
  request: IncomingMessage,
): Credential | null | undefined {
  let found: Credential | null | undefined;
  guarded(settings, () => {
    found = credentialOf(settings, request);
  });
  return found;
}

function complete(settings: Settings, observation: Observation): void {
  const { span, own, request, response } = observation;
  const attributes: Attributes = {};
  for (const step of STEPS) guarded(settings, () => step(settings, observation, attributes));
  span.setAttributes(attributes);
  if (own) endOwn(span, request, response);
  if (!observation.credential) return;
  // The span ends in a listener behind this one; its credential is searched for until then.
  const { traceId } = span.spanContext();
  setImmediate(() => forget(traceId));
}

/** Adds what it knows of a call; if one fails, the others' words still go out. */
type Step = (settings: Settings, observation: Observation, into: Attributes) => void;

/** In this order: what the service says is written over what the token claims. */
const STEPS: readonly Step[] = [
  addRoute,
  addConnection,
  addCredential,
  (settings, observation, into) =>
    addDetails(settings, whatTheRequestSays(settings, observation), into),
  (settings, { view }, into) => addDetails(settings, view.details() ?? {}, into),
  (settings, { request }, into) => addDetails(settings, takeDescription(request), into),
];

function addRoute(_settings: Settings, { view, metadata }: Observation, into: Attributes): void {
  const route = view.route();
  if (route === undefined) return;
  into[OTEL.route] = route;
  if (metadata !== null) metadata.route ??= route;
}

function addConnection(_settings: Settings, observation: Observation, into: Attributes): void {
  const { request, peer } = observation;
  addCaller(request, observation.view.address(), peer, into);
  // Stock instrumentation knows this hop only; TLS mostly ends at a proxy in front.
  const scheme = observation.view.scheme();
  if (scheme === 'https' || scheme === 'http') into[OTEL.scheme] = scheme;
  Object.assign(into, tlsAttributes(request.socket));
}

function addCredential(settings: Settings, observation: Observation, into: Attributes): void {
  const { credential } = observation;
  const result = authResult(observation);
  if (result !== null) into[TW.authResult] = result;
  if (!credential) return;
  addTokenHash(settings, credential, into);
  if (result !== 'rejected') addClaims(settings, credential, into);
}

function takeDescription(request: IncomingMessage): CallDetails {
  const details = described.get(request) ?? {};
  described.delete(request);
  return details;
}

/** Nonce, stated time and field names: details that need no word from the service. */
function whatTheRequestSays(settings: Settings, observation: Observation): CallDetails {
  const { request, view } = observation;
  const details: CallDetails = {};
  for (const name of settings.nonceHeaders) {
    const value = request.headers[name];
    if (typeof value !== 'string') continue;
    details.nonce = value;
    break;
  }
  for (const name of settings.timestampHeaders) {
    const value = request.headers[name];
    const stated = typeof value === 'string' ? statedSeconds(value) : 0;
    if (stated === 0) continue;
    details.requestTimestamp = stated;
    break;
  }
  if (settings.requestFields) details.requestFields = requestFields(view.body());
  return details;
}

/**
 * What the status tells of the decision on the credential. Success means accepted, 401 and 403
 * rejected; of other failures (a 404, a 429 before any check) the status tells nothing.
 */
function authResult(observation: Observation): 'none' | 'accepted' | 'rejected' | null {
  const { request, response, credential } = observation;
  if (credential === undefined) return null;
  if (credential === null && !isCertified(request.socket)) return 'none';
  if (!response.headersSent) return null;
  if (response.statusCode === 401 || response.statusCode === 403) return 'rejected';
  return response.statusCode < 400 ? 'accepted' : null;
}
