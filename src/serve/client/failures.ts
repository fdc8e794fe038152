import type { Problem } from './api.js';

/** A reply that is not the one that was asked for. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';

  constructor(
    readonly status: number,
    /** Missing when the reply came from something else on the way, such as a proxy. */
    readonly problem: Problem | undefined,
    options?: ErrorOptions,
  ) {
    super(problem?.detail ?? `The server answered with status ${status} and nothing that this client reads.`, options);
  }
}

/** No whole reply came in time, further tries included. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';

  constructor(
    readonly url: string,
    readonly timeoutMs: number,
  ) {
    super(`${url} did not answer within ${timeoutMs} ms. Allow more with timeoutMs, or ask for less at once.`);
  }
}

/** The server could not be reached, or the connection broke; `cause` tells what was wrong, as far as `fetch` does. */
export class NetworkError extends Error {
  override readonly name = 'NetworkError';

  constructor(
    readonly url: string,
    options: ErrorOptions,
  ) {
    super(`${url} could not be reached${because(options.cause)}. Is the service running there?`, options);
  }
}

/** What `fetch` of Node says is "fetch failed"; the reason is one cause further down. */
function because(cause: unknown): string {
  const root = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const said = root instanceof Error ? root.message || (root as { code?: unknown }).code : root;
  return said ? ` (${String(said)})` : '';
}
