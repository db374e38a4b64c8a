import createClient from 'openapi-fetch';
import type { paths, Problem } from '../api-types.ts';

/** The API of this console, typed by its own OpenAPI document. */
export const api = createClient<paths>({
  baseUrl: location.origin,
  querySerializer: { array: { style: 'form', explode: false } },
});

/** A refusal, with the words that the server gave. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, detail: string) {
    super(detail);
    this.name = 'ApiError';
    this.status = status;
  }
}

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

function detailOf(error: unknown): string {
  const problem = error as Partial<Problem> | undefined;
  return typeof problem?.detail === 'string' ? problem.detail : 'The console did not answer.';
}

/**
 * The body of an answer.
 *
 * @throws ApiError with the server's words when it refused
 */
export async function bodyOf<T>(call: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await call;
  if (data === undefined) throw new ApiError(response.status, detailOf(error));
  return data;
}
