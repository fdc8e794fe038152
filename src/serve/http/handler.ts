import type { Request, RequestHandler, Response } from 'express';
import { ShortlistError } from '../../errors.js';
import type { Recommendation } from '../../recommend/recommendation.js';
import type { Endpoint, ServerState } from './endpoint.js';
import { overloaded, type Turns } from './load.js';
import type { Metrics } from './metrics.js';
import { blaming } from './problem.js';
import { createQueryReader } from './query.js';
import { requestIdOf, sendJson } from './send-json.js';
import { validate } from './validation.js';

/** Where requests are logged; a logger of pino is one. */
export interface RequestLogger {
  /** Called for each request that failed for a reason of our own. */
  error(facts: object): void;
  /** Called for every request that was answered, where `isLevelEnabled('debug')`. */
  debug(facts: object, message: string): void;
  isLevelEnabled(level: 'debug'): boolean;
}

/** What all handlers share. */
export interface HandlerContext extends ServerState {
  readonly metrics: Metrics;
  readonly logger: RequestLogger;
  /** Longest request URL taken, in characters. */
  readonly maxUrlLength: number;
  /** Milliseconds after which a request that takes many turns gives up. */
  readonly deadlineMs: number;
  readonly turns: Turns;
  /** Whether one more request may be computed now. */
  admits(): boolean;
}

/** @internal Validates a request to an endpoint, answers it, and measures it. */
export function handlerOf(operation: string, endpoint: Endpoint, context: HandlerContext): RequestHandler {
  const { live, metrics, logger, turns, deadlineMs } = context;
  const countTime = metrics.timerOf(operation);
  const readQuery = createQueryReader(endpoint.query);
  const blame = (error: unknown) => {
    throw error instanceof ShortlistError ? blaming(error, endpoint.failures) : error;
  };
  const reply = (response: Response, value: unknown, started: number, validated: number) => {
    const answered = performance.now();
    const requestId = requestIdOf(response.req);
    sendJson(response, { status: 200, value, requestId, last: context.stopping });
    const sent = performance.now();
    countTime(started, validated, answered, sent);
    if (logger.isLevelEnabled('debug'))
      logger.debug({ requestId, operation, url: response.req.url, seconds: (sent - started) / 1000 }, 'answered');
  };
  // Not an async function, because a promise would cost every request more than its validation does.
  return (request, response) => {
    const started = performance.now();
    checkLine(request, context.maxUrlLength);
    // A body may have arrived turns after its request was admitted.
    if (endpoint.body && !context.admits()) throw overloaded();
    const path = validate(endpoint.path, 'path', request.params);
    const query = readQuery(request);
    const body = endpoint.body && validate(endpoint.body, 'body', request.body);
    const validated = performance.now();
    try {
      const nextTurn = turns.forRequest(() => response.destroyed || performance.now() - started > deadlineMs);
      const input = { path, query, body };
      const answer = endpoint.answer(context, input, nextTurn);
      if (answer instanceof Promise)
        return answer.then(value => reply(response, value, started, validated)).catch(blame);
      reply(response, answer, started, validated);
      const { request: listed } = endpoint;
      if (listed) {
        const { source: tier } = answer as Recommendation;
        metrics.countTier(tier);
        metrics.recall.sample(tier, () => live.recommender.recallOf(listed(input)));
      }
      return undefined;
    } catch (error) {
      return blame(error);
    }
  };
}

/** What Node leaves to us of the rules for the first lines of a request. */
function checkLine({ url, headers, httpVersion }: Request, maxUrlLength: number): void {
  if (headers.host === undefined && httpVersion === '1.1') {
    throw new ShortlistError('malformed-request', 'A request of HTTP/1.1 needs a Host header.');
  }
  if (url.length <= maxUrlLength) return;
  throw new ShortlistError(
    'url-too-long',
    `The URL has ${url.length} characters, at most ${maxUrlLength} are taken. Long lists go into a POST.`,
  );
}
