import type { Attributes } from '@opentelemetry/api';
import { OTEL, TW } from '../model/attributes.ts';
import { pseudonym } from '../model/hash.ts';
import type { Purpose } from '../model/hash.ts';
import { normalEnvironment } from '../model/jwt-claims.ts';
import type { Settings } from './options.ts';
import { maskText } from './mask.ts';

/**
 * What only the service knows about a call. Everything is optional; what the service says is
 * believed before what the token claims. Values marked "hashed" leave the process as pseudonyms.
 */
export interface CallDetails {
  /** The route's template, `/accounts/:id`, where the framework does not tell it. */
  route?: string | undefined;
  /** The scope that this call exercised. */
  scope?: string | undefined;
  /** The service's decision, where the status does not tell it. */
  authResult?: 'accepted' | 'rejected' | 'none' | undefined;
  /** As in the JWT claim `amr`: `pwd`, `otp`, `hwk`. */
  authMethods?: readonly string[] | undefined;
  clientId?: string | undefined;
  /** The token's public identifier. */
  tokenId?: string | undefined;
  tokenEnvironment?: string | undefined;
  /** Unix seconds. */
  tokenIssuedAt?: number | undefined;
  /** Unix seconds. */
  tokenExpiresAt?: number | undefined;
  grantedScopes?: readonly string[] | undefined;
  /** The user on whose behalf the call was made; hashed. */
  subject?: string | undefined;
  /** `account`, `payment`: the kind of thing the call was about. */
  objectType?: string | undefined;
  /** Its identifier; hashed. */
  object?: string | undefined;
  /** To whom it belongs, in the same identifiers as `subject`; hashed as one. */
  objectOwner?: string | undefined;
  /** Nonce or idempotency key, where no header carries it; hashed. */
  nonce?: string | undefined;
  /** When the request says that it was made, where no header says so; Unix seconds. */
  requestTimestamp?: number | undefined;
  /** What a repeated request would repeat; hashed. */
  payload?: string | undefined;
  /** Names of the request's fields, where the parsed body does not show them. */
  requestFields?: readonly string[] | undefined;
  /** In units of `currency`. */
  amount?: number | undefined;
  /** ISO 4217. */
  currency?: string | undefined;
}

const MAX_ITEMS = 64;
const MAX_TEXT = 256;

/** The attributes that say a call's details, hashed where they must be, onto `into`. */
export function addDetails(settings: Settings, details: CallDetails, into: Attributes): void {
  setText(into, OTEL.route, details.route);
  setText(into, TW.scope, details.scope);
  setText(into, TW.authResult, details.authResult);
  setTexts(into, TW.authMethods, details.authMethods);
  setText(into, TW.tokenId, details.tokenId);
  if (details.tokenEnvironment !== undefined) {
    setText(into, TW.tokenEnvironment, normalEnvironment(details.tokenEnvironment));
  }
  setNumber(into, TW.tokenIssuedAt, details.tokenIssuedAt);
  setNumber(into, TW.tokenExpiresAt, details.tokenExpiresAt);
  setTexts(into, TW.tokenScopes, details.grantedScopes);
  setText(into, TW.objectType, details.objectType);
  setTexts(into, TW.requestFields, details.requestFields);
  setNumber(into, TW.requestTimestamp, details.requestTimestamp);
  setNumber(into, TW.amount, details.amount);
  setText(into, TW.currency, details.currency);
  setClient(settings, into, details.clientId);
  setHashed(settings, into, TW.subjectHash, 'subject', details.subject);
  setHashed(settings, into, TW.objectHash, 'object', details.object);
  // As a subject, so that it can be compared with the call's own.
  setHashed(settings, into, TW.objectOwnerHash, 'subject', details.objectOwner);
  setHashed(settings, into, TW.nonceHash, 'nonce', details.nonce);
  setHashed(settings, into, TW.payloadHash, 'payload', details.payload);
}

/** A client whose identifier is personal (a mail address) is known by a pseudonym instead. */
function setClient(settings: Settings, into: Attributes, clientId: string | undefined): void {
  if (clientId === undefined || clientId === '') return;
  if (maskText(clientId) === clientId) setText(into, TW.clientId, clientId);
  else if (settings.pepper !== null) {
    into[TW.clientId] = `client-${pseudonym(settings.pepper, 'subject', clientId).slice(0, 16)}`;
  }
}

function setHashed(
  settings: Settings,
  into: Attributes,
  key: string,
  purpose: Purpose,
  value: string | undefined,
): void {
  if (settings.pepper === null || value === undefined || value === '') return;
  into[key] = pseudonym(settings.pepper, purpose, value);
}

function setText(into: Attributes, key: string, value: string | undefined): void {
  if (value !== undefined && value !== '') into[key] = maskText(value.slice(0, MAX_TEXT));
}

function setTexts(into: Attributes, key: string, values: readonly string[] | undefined): void {
  if (values === undefined || values.length === 0) return;
  into[key] = values.slice(0, MAX_ITEMS).map((value) => maskText(value.slice(0, MAX_TEXT)));
}

function setNumber(into: Attributes, key: string, value: number | undefined): void {
  if (value !== undefined && Number.isFinite(value)) into[key] = value;
}
