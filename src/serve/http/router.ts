import type { IncomingMessage, ServerResponse } from 'node:http';
import express, {
  type ErrorRequestHandler,
  type IRouter,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import { ShortlistError } from '../../errors.js';
import { apiOptions, readConfig } from '../config.js';
import { type AccessOptions, guardsOf, limitRate } from './access.js';
import { documentation } from './docs-page.js';
import type { Endpoint, Live } from './endpoint.js';
import { endpoints } from './endpoints.js';
import { type HandlerContext, handlerOf, type RequestLogger } from './handler.js';
import { Turns } from './load.js';
import { Metrics } from './metrics.js';
import { problemOf } from './problem.js';
import { API_HEADERS, PROBLEM_TYPE, requestIdOf, sendJson } from './send-json.js';

/** What the API answers from, and what it takes. */
export interface ApiOptions extends AccessOptions, Omit<HandlerContext, 'stopping' | 'turns' | 'admits'> {
  /** Largest request body taken, in bytes, after decompression. */
  readonly maxBodyBytes: number;
  /** Most requests to `/v1` in a minute by one key or address. 0: no limit. */
  readonly requestsPerMinute: number;
}

/** Methods for what can only be read. */
const READING = ['GET', 'HEAD', 'OPTIONS'];

/** An Express router, in types that need none of Express: these are in a package of their own. */
export type ApiRouter = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void;

const quiet: RequestLogger = { error: facts => console.error(facts), debug() {}, isLevelEnabled: () => false };

/**
 * The API as an Express router, to be mounted in another application under a prefix of its choice, with or without
 * `express.json()` in front: `app.use('/recommendations', createRouter(live))`. All below the prefix is answered here,
 * what is wrong with problem details. Nothing depends on the settings of the application, which guards it, bounds its load
 * and shows its metrics as it does for its other routes.
 * @param options Default: bodies of at most 2²⁰ bytes, URLs of at most 16,384 characters, 10 seconds for a long request, no
 *   limit of requests a minute. Without keys everybody may read and log events, and nobody may use `/v1/admin`; with API
 *   keys, reading needs one as well. Errors of our own go to the console. Pass `metrics` to show them with those of the
 *   application.
 */
export function createRouter(live: Live, options: Partial<Omit<ApiOptions, 'live'>> = {}): ApiRouter {
  const api: ApiOptions = {
    live,
    metrics: options.metrics ?? new Metrics(live),
    logger: quiet,
    ...apiOptions(readConfig({})),
    readsClosed: (options.apiKeyHashes?.length ?? 0) > 0,
    ...options,
  };
  const router = express.Router({ caseSensitive: true, strict: true });
  addRoutes(router, { ...api, stopping: false, turns: new Turns(), admits: () => true });
  return (request, response, next) => router(request as Request, response as Response, next);
}

/**
 * Adds the API to an application or a router. There is no middleware in front of the routes: every layer that Express has
 * to walk through costs each request as much as its validation does.
 * @param more routes beside those of the API
 * @internal
 */
export function addRoutes(
  to: IRouter,
  context: ApiOptions & HandlerContext,
  more: (to: IRouter) => void = () => {},
): void {
  // What costs time is there only where it was asked for.
  const limits = context.requestsPerMinute > 0 ? [limitRate(context.requestsPerMinute)] : [];
  const readBody = [requireJson, express.json({ limit: context.maxBodyBytes })];
  for (const [operation, endpoint] of Object.entries<Endpoint>(endpoints)) {
    to[endpoint.method](
      routeOf(endpoint),
      ...guardsOf(endpoint.access, context),
      ...(endpoint.access === 'open' ? [] : limits),
      ...(endpoint.body ? readBody : []),
      handlerOf(operation, endpoint, context),
    );
  }
  more(to);
  to.use(documentation());
  for (const endpoint of Object.values<Endpoint>(endpoints)) {
    to.all(routeOf(endpoint), refuseMethod(endpoint.method === 'get' ? READING : ['POST', 'OPTIONS']));
  }
  to.all(['/openapi.json', '/docs'], refuseMethod(READING));
  to.use(({ baseUrl, path }) => {
    throw new ShortlistError(
      'not-found',
      `There is nothing at ${(baseUrl + path).slice(0, 200)}. See ${baseUrl}/docs for what there is.`,
    );
  });
  to.use(reportProblem(context));
}

/** @internal `GET /metrics`: those of this process or, where there are several, of all. */
export function addMetrics(to: IRouter, metrics: Metrics): void {
  to.get('/metrics', async (_request, response) => {
    const text = await metrics.text();
    response.writeHead(200, ['Content-Type', metrics.contentType, ...API_HEADERS]).end(text);
  });
  to.all('/metrics', refuseMethod(READING));
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

function reportProblem(context: HandlerContext): ErrorRequestHandler {
  const { logger, metrics } = context;
  return (error, request, response, _next) => {
    const requestId = requestIdOf(request);
    const problem = problemOf(error, requestId, request.baseUrl);
    const { status, code } = problem;
    metrics.countProblem(code);
    if (status === 500) logger.error({ requestId, method: request.method, url: request.originalUrl, err: error });
    if (status === 503) response.setHeader('Retry-After', '1');
    if (code === 'overloaded') metrics.countRefused();
    if (response.headersSent) return void response.destroy();
    sendJson(response, { status, value: problem, requestId, type: PROBLEM_TYPE, last: context.stopping });
  };
}

/** The URL as Express writes it: `:name` for `{name}`. */
function routeOf({ url }: Endpoint): string {
  return url.replace(/\{(\w+)\}/g, ':$1');
}
