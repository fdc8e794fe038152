import type { RequestListener, ServerOptions } from 'node:http';
import express, { type ErrorRequestHandler, type Request, type RequestHandler, type Response } from 'express';
import type { Logger } from 'pino';
import { ShortlistError } from '../../errors.js';
import type { Recommendation } from '../../recommend/recommendation.js';
import type { Serving } from '../../recommend/serving.js';
import { type AccessOptions, guardsOf } from './access.js';
import { documentation } from './documentation.js';
import type { Endpoint } from './endpoint.js';
import { endpoints } from './endpoints.js';
import { expressClasses } from './express-classes.js';
import { LoadBound, overloaded } from './load.js';
import type { Metrics } from './metrics.js';
import { blaming, problemOf } from './problem.js';
import { createQueryReader } from './query.js';
import { limitRate } from './rate-limit.js';
import { recommendation } from './replies.js';
import { requestIdOf } from './request-id.js';
import { API_HEADERS, PROBLEM_TYPE, sendJson } from './send-json.js';
import { Turns } from './turns.js';
import { validate } from './validation.js';

export interface AppOptions extends AccessOptions {
  readonly serving: Serving;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Largest request body taken, in bytes, after decompression. */
  readonly maxBodyBytes: number;
  /** Longest request URL taken, in characters. */
  readonly maxUrlLength: number;
  /** Milliseconds that requests may take in one turn of the event loop; those that come after it are refused at once. */
  readonly maxTurnMs: number;
  /** Milliseconds after which a request that takes many turns gives up. */
  readonly deadlineMs: number;
  /** Most requests to `/v1` in a minute by one key or address. 0: as many as they like. */
  readonly requestsPerMinute: number;
}

/** What the handlers share. */
interface Context extends AppOptions {
  readonly bound: LoadBound;
  readonly turns: Turns;
}

export interface App {
  readonly listener: RequestListener;
  /** What the server has to make requests and responses of. */
  readonly classes: Pick<ServerOptions, 'IncomingMessage' | 'ServerResponse'>;
}

/** Methods for what can only be read. */
const READING = ['GET', 'HEAD', 'OPTIONS'];

/**
 * The API for a `node:http` server. There is no middleware in front of the routes: every layer that Express
 * has to walk through costs each request as much as its validation does.
 */
export function createApp(options: AppOptions): App {
  const { metrics } = options;
  const bound = new LoadBound(options.maxTurnMs);
  const context = { ...options, bound, turns: new Turns() };
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  // Queries are read by `createQueryReader`.
  app.set('query parser', false);
  app.set('case sensitive routing', true);
  app.set('strict routing', true);

  // What costs time is there only where it was asked for.
  const limits = options.requestsPerMinute > 0 ? [limitRate(options.requestsPerMinute)] : [];
  const readBody = [requireJson, express.json({ limit: options.maxBodyBytes })];
  for (const [operation, endpoint] of Object.entries<Endpoint>(endpoints)) {
    app[endpoint.method](
      routeOf(endpoint),
      ...guardsOf(endpoint.access, options),
      ...(endpoint.access === 'open' ? [] : limits),
      ...(endpoint.body ? readBody : []),
      handlerOf(operation, endpoint, context),
    );
  }
  app.get('/metrics', (_request, response) => sendMetrics(response, metrics));
  app.use(documentation());
  for (const endpoint of Object.values<Endpoint>(endpoints)) {
    app.all(routeOf(endpoint), refuseMethod(endpoint.method === 'get' ? READING : ['POST', 'OPTIONS']));
  }
  app.all(['/openapi.json', '/docs', '/metrics'], refuseMethod(READING));
  app.use(request => {
    throw new ShortlistError(
      'not-found',
      `There is nothing at ${request.path.slice(0, 200)}. See /docs for what there is.`,
    );
  });
  app.use(reportProblem(options));
  return { listener: bound.guard(app, metrics.countRefused), classes: expressClasses(app) };
}

/** Not an async function, because a promise would cost every request more than its validation does. */
function handlerOf(operation: string, endpoint: Endpoint, context: Context): RequestHandler {
  const { serving, metrics, logger, bound, turns, deadlineMs } = context;
  const countTime = metrics.timerOf(operation);
  const hasTier = endpoint.reply === recommendation;
  const readQuery = createQueryReader(endpoint.query);
  const blame = (error: unknown) => {
    const field = error instanceof ShortlistError ? endpoint.failures[error.code] : undefined;
    throw field ? blaming(error as ShortlistError, field) : error;
  };
  const reply = (response: Response, value: unknown, started: number, validated: number) => {
    const answered = performance.now();
    const requestId = requestIdOf(response.req);
    sendJson(response, { status: 200, value, requestId, last: serving.stopping });
    const sent = performance.now();
    countTime(started, validated, answered, sent);
    if (hasTier) metrics.countTier((value as Recommendation).source);
    if (logger.isLevelEnabled('debug'))
      logger.debug({ requestId, operation, url: response.req.url, seconds: (sent - started) / 1000 }, 'answered');
  };
  return (request, response) => {
    const started = performance.now();
    checkLine(request, context);
    // A body may have arrived turns after its request was admitted.
    if (endpoint.body && !bound.admits()) throw overloaded();
    const path = validate(endpoint.path, 'path', request.params);
    const query = readQuery(request);
    const body = endpoint.body && validate(endpoint.body, 'body', request.body);
    const validated = performance.now();
    try {
      const nextTurn = turns.forRequest(() => response.destroyed || performance.now() - started > deadlineMs);
      const input = { path, query, body };
      const answer = endpoint.answer(serving, input, nextTurn);
      if (answer instanceof Promise)
        return answer.then(value => reply(response, value, started, validated)).catch(blame);
      reply(response, answer, started, validated);
      if (hasTier) {
        const again = (from: Pick<Serving, 'recommender'>) => endpoint.answer(from as Serving, input, nextTurn);
        metrics.recall.look(answer as Recommendation, serving, again);
      }
      return undefined;
    } catch (error) {
      return blame(error);
    }
  };
}

async function sendMetrics(response: Response, metrics: Metrics): Promise<void> {
  const text = await metrics.text();
  response.writeHead(200, ['Content-Type', metrics.contentType, ...API_HEADERS]).end(text);
}

/** What Node leaves to us of the rules for the first lines of a request. */
function checkLine({ url, headers, httpVersion }: Request, { maxUrlLength }: AppOptions): void {
  if (headers.host === undefined && httpVersion === '1.1') {
    throw new ShortlistError('malformed-request', 'A request of HTTP/1.1 needs a Host header.');
  }
  if (url.length <= maxUrlLength) return;
  throw new ShortlistError(
    'url-too-long',
    `The URL has ${url.length} characters, at most ${maxUrlLength} are taken. Long lists go into a POST.`,
  );
}

const requireJson: RequestHandler = (request, _response, next) => {
  // A request without a body goes on: the schema says best what is missing.
  const hasBody = request.headers['content-length'] !== '0' && request.is('*/*') !== null;
  if (!hasBody || request.is('application/json')) return next();
  throw new ShortlistError(
    'unsupported-media-type',
    'The body must be JSON, with the header "Content-Type: application/json".',
    { errors: [{ in: 'header', field: 'Content-Type', message: 'expected application/json' }] },
  );
};

function refuseMethod(allowed: readonly string[]): RequestHandler {
  return (request, response) => {
    response.setHeader('Allow', allowed.join(', '));
    if (request.method === 'OPTIONS') return void response.status(204).end();
    throw new ShortlistError(
      'method-not-allowed',
      `${request.method} is not possible here. Possible: ${allowed.join(', ')}.`,
    );
  };
}

function reportProblem({ logger, serving, metrics }: AppOptions): ErrorRequestHandler {
  return (error, request, response, _next) => {
    const requestId = requestIdOf(request);
    const problem = problemOf(error, requestId);
    metrics.countProblem(problem.code);
    if (problem.status === 500) logger.error({ requestId, method: request.method, url: request.url, err: error });
    if (problem.status === 503) response.setHeader('Retry-After', '1');
    if (problem.code === 'overloaded') metrics.countRefused();
    if (response.headersSent) return void response.destroy();
    sendJson(response, {
      status: problem.status,
      value: problem,
      requestId,
      type: PROBLEM_TYPE,
      last: serving.stopping,
    });
  };
}

/** The URL as Express writes it: `:name` for `{name}`. */
function routeOf({ url }: Endpoint): string {
  return url.replace(/\{(\w+)\}/g, ':$1');
}
