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
import { type AccessOptions, checkAccess, guardsBy, limitRate } from './access.js';
import { shapeOf } from './body-shape.js';
import { corsFor } from './cors.js';
import { documentation } from './docs-page.js';
import type { Endpoint, Live } from './endpoint.js';
import { endpoints } from './endpoints.js';
import { factsOf, type HandlerContext, handlerOf, type RequestLogger } from './handler.js';
import { readJson } from './json-body.js';
import type { LoadBound } from './load-bound.js';
import { LongTexts } from './long-texts.js';
import { Metrics } from './metrics.js';
import { problemOf } from './problem.js';
import { Proxies, type ProxyOptions } from './proxies.js';
import { BodyReader } from './read-body.js';
import { checkHead } from './request-head.js';
import { API_HEADERS, PROBLEM_TYPE, requestIdOf, sendJson } from './send-json.js';
import { Turns } from './turns.js';

/** What the API answers from, and what it takes. */
export interface ApiOptions
  extends AccessOptions,
    ProxyOptions,
    Omit<HandlerContext, 'stopping' | 'replaced' | 'turns' | 'longTexts' | 'load' | 'proxies' | 'caching'> {
  /** Largest request body taken, in bytes, after decompression. */
  readonly maxBodyBytes: number;
  /** Longest request URL taken, in characters. */
  readonly maxUrlLength: number;
  /** Origins whose pages may use the API from a browser, such as `https://shop.example`; `*` for all. */
  readonly corsOrigins: readonly string[];
  /** Seconds for which caches need not ask again for replies that are the same for all. 0: they ask each time. */
  readonly cacheSeconds: number;
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
 *   limit of requests a minute; no proxy is believed, no page of another origin allowed, no reply compressed, and caches ask
 *   each time. Without keys everybody may read and log events, and nobody may use `/v1/admin`; with API keys, reading needs
 *   one as well, and so does the documentation. Host names are checked where `allowedHosts` are given. Errors of our own go to the console. Pass `metrics` to show them with those of the application.
 * @throws {ShortlistError} `invalid-option` for hashes that are none or of an empty key, and the like
 */
export function createRouter(live: Live, options: Partial<Omit<ApiOptions, 'live'>> = {}): ApiRouter {
  const readsClosed = options.readsClosed ?? (options.apiKeyHashes?.length ?? 0) > 0;
  const api: ApiOptions = {
    live,
    metrics: options.metrics ?? new Metrics(live),
    logger: quiet,
    ...apiOptions(readConfig({})),
    // Which names lead to it is known to the application.
    allowedHosts: ['*'],
    ...options,
    readsClosed,
    monitoringClosed: options.monitoringClosed ?? readsClosed,
  };
  const context = contextFor(api);
  const router = express.Router({ caseSensitive: true, strict: true });
  addRoutes(router, context);
  const lets = entranceFor(context);
  return (request, response, next) => {
    if (lets(request, response)) router(request as Request, response as Response, next);
  };
}

/**
 * What handlers work with, from what was asked for.
 * @param bound of the load. Default: there is none.
 * @internal
 */
export function contextFor(options: ApiOptions, bound?: LoadBound) {
  checkAccess(options);
  const { readsClosed, cacheSeconds } = options;
  const kept = cacheSeconds > 0 ? `max-age=${cacheSeconds}` : 'no-cache';
  return {
    ...options,
    stopping: false,
    replaced: false,
    turns: new Turns(options.deadlineMs, bound?.countSlice),
    longTexts: new LongTexts(),
    load: bound ?? { admits: () => true, countHandler() {} },
    proxies: new Proxies(options),
    caching: readsClosed ? `private, ${kept}` : kept,
  };
}

/**
 * What every request passes before the routes: a check of its head, and what pages of other origins need. It brings the URL
 * into the form that routes expect and returns true, or answers the request itself.
 * @internal
 */
export function entranceFor(
  context: ApiOptions & HandlerContext,
): (request: IncomingMessage, response: ServerResponse) => boolean {
  const { corsOrigins, maxUrlLength, basePath, proxies } = context;
  const allow = corsOrigins.length > 0 ? corsFor(corsOrigins) : undefined;
  return (request, response) => {
    if (allow?.(request, response)) return false;
    try {
      checkHead(request, maxUrlLength);
    } catch (error) {
      // Where this runs, Express has made the two already.
      sendProblem(context, error, request as Request, response as Response);
      return false;
    }
    if (basePath !== '') request.url = proxies.pathOf(request.url ?? '');
    return true;
  };
}

/**
 * Adds the API to an application or a router. There is no middleware in front of the routes: every layer that Express has
 * to walk through costs each request as much as its validation does.
 * @param more routes beside those of the API, which get the guards of what is for monitoring
 * @internal
 */
export function addRoutes(
  to: IRouter,
  context: ApiOptions & HandlerContext,
  more: (to: IRouter, guards: readonly RequestHandler[]) => void = () => {},
): void {
  // What costs time is there only where it was asked for.
  const limits = context.requestsPerMinute > 0 ? [limitRate(context.requestsPerMinute, context.proxies)] : [];
  const guardsFor = guardsBy(context, context.proxies, context.metrics.countWrongKey);
  const reader = new BodyReader(context.maxBodyBytes);
  for (const [operation, endpoint] of Object.entries<Endpoint>(endpoints)) {
    to[endpoint.method](
      routeOf(endpoint),
      ...guardsFor(endpoint.access),
      ...(endpoint.access === 'open' ? [] : limits),
      ...(endpoint.method === 'post' ? readJson(reader, shapeOf(endpoint.body ?? endpoint.query), context.turns) : []),
      handlerOf(operation, endpoint, context),
    );
  }
  const monitoring = guardsFor('monitoring');
  more(to, monitoring);
  to.use(documentation(context, monitoring));
  for (const endpoint of Object.values<Endpoint>(endpoints)) {
    to.all(routeOf(endpoint), refuseMethod(endpoint.method === 'get' ? READING : ['POST', 'OPTIONS']));
  }
  to.all(['/openapi.json', '/docs'], refuseMethod(READING));
  to.use(request => {
    const prefix = context.proxies.prefixOf(request);
    throw new ShortlistError(
      'not-found',
      `There is nothing at ${(prefix + request.path).slice(0, 200)}. See ${prefix}/docs for what there is.`,
    );
  });
  const reportProblem: ErrorRequestHandler = (error, request, response, _next) =>
    sendProblem(context, error, request, response);
  to.use(reportProblem);
}

/** @internal `GET /metrics`: those of this process or, where there are several, of all. */
export function addMetrics(to: IRouter, metrics: Metrics, guards: readonly RequestHandler[]): void {
  to.get('/metrics', ...guards, async (_request, response) => {
    const text = await metrics.text();
    response.writeHead(200, ['Content-Type', metrics.contentType, ...API_HEADERS]).end(text);
  });
  to.all('/metrics', refuseMethod(READING));
}

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

function sendProblem(context: HandlerContext, error: unknown, request: Request, response: Response): void {
  const { logger, metrics, proxies, compressFromBytes } = context;
  const requestId = requestIdOf(request);
  const problem = problemOf(error, requestId, proxies.prefixOf(request));
  const { status, code } = problem;
  metrics.countProblem(code);
  if (status === 500) logger.error({ ...factsOf(request, requestId, context), err: error });
  else if (logger.isLevelEnabled('debug'))
    logger.debug({ ...factsOf(request, requestId, context), status, code }, 'refused');
  if (status === 503) response.setHeader('Retry-After', '1');
  if (code === 'overloaded') metrics.countRefused();
  if (response.headersSent) return void response.destroy();
  const last = context.stopping;
  sendJson(response, problem, { status, requestId, type: PROBLEM_TYPE, last, compressFrom: compressFromBytes });
}

/** The URL as Express writes it: `:name` for `{name}`. */
function routeOf({ url }: Endpoint): string {
  return url.replace(/\{(\w+)\}/g, ':$1');
}
