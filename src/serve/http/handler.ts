import type { Request, RequestHandler, Response } from 'express';
import { isSteps } from '../../base/threads/steps.js';
import { ShortlistError } from '../../errors.js';
import type { Recommendation } from '../../recommend/recommendation.js';
import type { Endpoint, EndpointInput, ServerState } from './endpoint.js';
import { type LoadBound, overloaded } from './load-bound.js';
import { LongText } from './long-text.js';
import type { LongTexts } from './long-texts.js';
import type { Metrics } from './metrics.js';
import { blaming } from './problem.js';
import type { Proxies } from './proxies.js';
import { createQueryReader } from './query.js';
import { requestIdOf, sendJson } from './send-json.js';
import { traceOf } from './trace-context.js';
import { SLICE_MS, type Turns } from './turns.js';
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
  /** Milliseconds after which a request that is made in steps gives up, see `Turns`. */
  readonly deadlineMs: number;
  readonly turns: Turns;
  readonly longTexts: LongTexts;
  readonly proxies: Proxies;
  /** `Cache-Control` of replies that are the same for all. */
  readonly caching: string;
  /** Bytes from which replies are compressed. 0: none is. */
  readonly compressFromBytes: number;
  /** Says whether one more request may be computed now. */
  readonly load: Pick<LoadBound, 'admits' | 'countHandler'>;
}

/** @internal Validates a request to an endpoint, answers it, and measures it. */
export function handlerOf(operation: string, endpoint: Endpoint, context: HandlerContext): RequestHandler {
  const { live, metrics, logger, turns, load, longTexts } = context;
  const countTime = metrics.timerOf(operation);
  const readQuery = createQueryReader(endpoint.query);
  const caching = endpoint.sameForAll ? context.caching : undefined;
  const compressFrom = context.compressFromBytes;
  // What some send as the body of a POST that has only a query is meant, and never passed over.
  const readsBodyAsQuery = endpoint.method === 'post' && endpoint.body === undefined;
  const blame = (error: unknown) => {
    throw error instanceof ShortlistError ? blaming(error, endpoint.failures) : error;
  };
  const reply = (response: Response, value: unknown, started: number, validated: number) => {
    const answered = performance.now();
    const requestId = requestIdOf(response.req);
    sendJson(response, value, { status: 200, requestId, last: context.stopping, caching, compressFrom });
    const sent = performance.now();
    countTime(started, validated, answered, sent);
    if (logger.isLevelEnabled('debug'))
      logger.debug(
        { ...factsOf(response.req, requestId, context), operation, seconds: (sent - started) / 1000 },
        'answered',
      );
  };
  const { request: listed } = endpoint;
  const finish = (response: Response, answer: unknown, input: AnyInput, started: number, validated: number) => {
    reply(response, answer, started, validated);
    if (!listed) return;
    const tier = answer instanceof LongText ? answer.tier! : (answer as Recommendation).source;
    metrics.countTier(tier);
    metrics.recall.sample(tier, () => live.recommender.recallOf(listed(input)), turns);
  };
  // Not an async function, because a promise would cost every request more than its validation does.
  const handle = (request: Request, response: Response, started: number): Promise<void> | undefined => {
    // A body may have arrived turns after its request was admitted.
    if (endpoint.body && !load.admits()) throw overloaded();
    const path = validate(endpoint.path, 'path', request.params);
    const asked = readQuery(request);
    const query =
      readsBodyAsQuery && request.body !== undefined
        ? together(asked, validate(endpoint.query, 'body', request.body))
        : asked;
    const body = endpoint.body && validate(endpoint.body, 'body', request.body);
    const validated = performance.now();
    try {
      const input = { path, query, body };
      // Checking the longest lists takes as long as a slice: the answer is then made in the next one. Logging is short.
      const isLong = endpoint.access === 'read' && validated - started > SLICE_MS;
      const answer = isLong
        ? turns.doLater(
            () => answerTo(input, response),
            () => response.destroyed,
          )
        : answerTo(input, response);
      if (answer instanceof Promise)
        return answer.then(value => finish(response, value, input, started, validated)).catch(blame);
      finish(response, answer, input, started, validated);
      return undefined;
    } catch (error) {
      return blame(error);
    }
  };
  const answerTo = (input: AnyInput, response: Response): unknown => {
    const given = endpoint.answer(context, input, () => longTexts.begin(response));
    if (!isSteps(given)) return given;
    const steps = endpoint.steps?.(input) ?? 0;
    const isGone = () => response.destroyed;
    return steps > 0 ? turns.doInTurn(given, steps, isGone) : turns.doNow(given, isGone);
  };
  return (request, response) => {
    const started = performance.now();
    try {
      return handle(request, response, started);
    } finally {
      load.countHandler(started, performance.now());
    }
  };
}

type AnyInput = EndpointInput<unknown, unknown, unknown>;

/** The fields of a query and of a body that are meant as one. */
function together(query: unknown, body: unknown): unknown {
  const all = { ...(query as Record<string, unknown>) };
  for (const [name, value] of Object.entries(body as Record<string, unknown>)) {
    if (name in all && all[name] !== value) {
      throw new ShortlistError(
        'invalid-request',
        `The query says "${all[name]}" for ${name} and the body "${value}". Send one of them.`,
        { errors: [{ in: 'body', field: name, message: `expected "${all[name]}", as in the query, or none` }] },
      );
    }
    all[name] = value;
  }
  return all;
}

/** @internal What a line of the log says of a request, whatever became of it. */
export function factsOf(request: Request, requestId: string, { proxies }: Pick<HandlerContext, 'proxies'>): object {
  const { method, url, originalUrl = url } = request;
  return { requestId, ...traceOf(request), method, url: originalUrl, client: proxies.addressOf(request) };
}
