import { ProtoWriter } from '../otlp/proto-writer.ts';

export type Encoding = 'protobuf' | 'json';

export const CONTENT_TYPE: Record<Encoding, string> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
};

/** The codes of google.rpc.Code that we answer with. */
export const CODE = {
  invalidArgument: 3,
  notFound: 5,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** A google.rpc.Status, as OTLP asks for it in the body of a failure. */
export function encodeStatus(encoding: Encoding, code: number, message: string): Buffer {
  if (encoding === 'json') return Buffer.from(JSON.stringify({ code, message }));
  const to = new ProtoWriter();
  to.uint(1, code);
  to.string(2, message);
  return to.finish();
}

export interface PartialSuccess {
  rejected: number;
  /** Empty when there is nothing to tell. */
  message: string;
}

/**
 * An Export{Trace,Logs}ServiceResponse. `partial_success` is left out when all is well, as the
 * specification demands; with nothing rejected and a message it is a warning.
 */
export function encodeExportResponse(
  encoding: Encoding,
  partial: PartialSuccess,
  rejectedName: 'rejectedSpans' | 'rejectedLogRecords',
): Buffer {
  const isWhole = partial.rejected === 0 && partial.message === '';
  if (encoding === 'json') {
    const { rejected, message } = partial;
    const success = { [rejectedName]: String(rejected), errorMessage: message };
    return Buffer.from(JSON.stringify(isWhole ? {} : { partialSuccess: success }));
  }
  const to = new ProtoWriter();
  if (!isWhole) {
    const start = to.begin(1);
    if (partial.rejected > 0) to.uint(1, partial.rejected);
    to.string(2, partial.message);
    to.end(start);
  }
  return to.finish();
}
