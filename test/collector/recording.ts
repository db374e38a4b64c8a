import { z } from 'zod';

const recordedRequestSchema = z.strictObject({
  transport: z.enum(['http', 'grpc']),
  method: z.string(),
  path: z.string(),
  /** Lower-case names; only those that say how to read the body, and the client's own name. */
  headers: z.record(z.string(), z.string()),
  /** Base64: over HTTP as sent (perhaps gzip), over gRPC the message, inflated. */
  body: z.base64(),
});

/** What one real client sent, request by request. */
export const recordingSchema = z.strictObject({
  client: z.string(),
  requests: z.array(recordedRequestSchema),
});

export type Recording = z.infer<typeof recordingSchema>;
export type RecordedRequest = z.infer<typeof recordedRequestSchema>;
