import type { Problem } from './api.js';
import { NetworkError, ProblemError, TimeoutError } from './failures.js';
import { pause, pauseMs } from './retry.js';

/** One call of the API. */
export interface Call {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  /** JSON text; a GET has none. */
  readonly body?: string | undefined;
  /**
   * Whether it is tried again when the server is busy: `untouched`, where doing it twice is not the same as doing it once,
   * only after problems that say that nothing was done yet.
   */
  readonly retry: 'always' | 'untouched' | 'never';
}

export interface SendOptions {
  readonly headers: Headers;
  /** For the whole call, in milliseconds. */
  readonly timeoutMs: number;
  /** Most tries after the first. */
  readonly retries: number;
  readonly signal?: AbortSignal | undefined;
}

/** Problems that the server states before it has done anything. Others of status 503 may come when it is half done. */
const UNTOUCHED = ['overloaded', 'not-ready'];
/** The longest time that timers know. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * Sends a call, again while the server is busy, and returns its reply.
 * @throws {ProblemError} {@link TimeoutError} {@link NetworkError}, or the reason of the caller's signal
 * @throws {RangeError} for a time that no timer takes
 */
export async function send<Reply>(call: Call, options: SendOptions): Promise<Reply> {
  const { timeoutMs, signal } = options;
  if (!(timeoutMs > 0 && timeoutMs <= MAX_TIMEOUT_MS)) {
    throw new RangeError(`timeoutMs has to be above 0 and at most ${MAX_TIMEOUT_MS}, got ${timeoutMs}.`);
  }
  const ending = new AbortController();
  const abort = () => ending.abort(signal?.reason);
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort, { once: true });
  const end = performance.now() + timeoutMs;
  const timer = setTimeout(() => ending.abort(new TimeoutError(call.url, timeoutMs)), timeoutMs);
  try {
    for (let retry = 0; ; retry++) {
      const response = await exchange(call, options.headers, ending.signal);
      if (response.ok && response.content !== undefined) return response.content as Reply;
      const problem = response.isProblem ? (response.content as Problem | undefined) : undefined;
      const again = retry < options.retries && isWorthwhile(call, response.status, problem);
      const ms = again ? pauseMs(retry, response.retryAfter) : Number.POSITIVE_INFINITY;
      // A pause beyond the end of the time would only keep the caller from knowing.
      if (performance.now() + ms >= end) throw new ProblemError(response.status, problem, response.unreadable);
      await pause(ms, ending.signal);
    }
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}

function isWorthwhile({ retry }: Call, status: number, problem: Problem | undefined): boolean {
  if (status !== 503 || retry === 'never') return false;
  return retry === 'always' || UNTOUCHED.includes(problem?.code ?? '');
}

interface Exchange {
  readonly status: number;
  readonly ok: boolean;
  readonly isProblem: boolean;
  readonly retryAfter: string | null;
  /** Undefined where it is not JSON. */
  readonly content: unknown;
  /** Why it is not. */
  readonly unreadable?: ErrorOptions;
}

/** One request and its whole reply. */
async function exchange({ method, url, body }: Call, headers: Headers, signal: AbortSignal): Promise<Exchange> {
  let response: Response;
  let text: string;
  try {
    const sent = new Headers(headers);
    if (body !== undefined) sent.set('Content-Type', 'application/json');
    response = await fetch(url, { method, headers: sent, body: body ?? null, signal });
    text = await response.text();
  } catch (cause) {
    // Whatever it was that came to an end with the signal, the reason of the signal is what the caller wants to know.
    throw signal.aborted ? signal.reason : new NetworkError(url, { cause });
  }
  const { status, ok } = response;
  const isProblem = response.headers.get('Content-Type')?.startsWith('application/problem+json') ?? false;
  const head = { status, ok, isProblem, retryAfter: response.headers.get('Retry-After') };
  try {
    return { ...head, content: JSON.parse(text) };
  } catch (cause) {
    return { ...head, content: undefined, unreadable: { cause } };
  }
}
