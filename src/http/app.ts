import type { RequestListener } from 'node:http';
import express, { type ErrorRequestHandler, type RequestHandler, type Response } from 'express';
import type { Logger } from 'pino';
import { ShortlistError } from '../errors.js';
import { documentation } from './documentation.js';
import type { Endpoint } from './endpoint.js';
import { endpoints } from './endpoints.js';
import { blaming, problemOf } from './problem.js';
import { parseQueryString } from './query-string.js';
import { requestIdOf } from './request-id.js';
import type { Serving } from './serving.js';
import { validate } from './validation.js';

export interface AppOptions {
  readonly serving: Serving;
  readonly logger: Logger;
  /** Largest request body taken, in bytes, after decompression. */
  readonly maxBodyBytes: number;
  /** Longest request URL taken, in characters. */
  readonly maxUrlLength: number;
}

const REQUEST_ID = 'X-Request-Id';
const READ_METHODS = ['GET', 'HEAD'];
const DOCUMENTATION_METHODS = ['/openapi.json', '/docs'].map(route => [route, [...READ_METHODS, 'OPTIONS']] as const);

/** The API as a listener for a `node:http` server. */
export function createApp(options: AppOptions): RequestListener {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', parseQueryString);
  app.set('case sensitive routing', true);
  app.set('strict routing', true);

  app.use(identify(options));
  const readBody = [requireJson, express.json({ limit: options.maxBodyBytes })];
  for (const endpoint of Object.values<Endpoint>(endpoints)) {
    app[endpoint.method](routeOf(endpoint), ...(endpoint.body ? readBody : []), handlerOf(endpoint, options.serving));
  }
  app.use(documentation());
  for (const [route, methods] of [...methodsByRoute(), ...DOCUMENTATION_METHODS]) app.all(route, refuseMethod(methods));
  app.use(request => {
    throw new ShortlistError(
      'not-found',
      `There is nothing at ${request.path.slice(0, 200)}. See /docs for what there is.`,
    );
  });
  app.use(reportProblem(options));
  return app;
}

/** Gives every request its id, and refuses URLs that are too long before anything looks at them. */
function identify({ maxUrlLength }: AppOptions): RequestHandler {
  return (request, response, next) => {
    response.setHeader(REQUEST_ID, requestIdOf(request));
    if (request.headers.host === undefined && request.httpVersion === '1.1') {
      throw new ShortlistError('malformed-request', 'A request of HTTP/1.1 needs a Host header.');
    }
    if (request.url.length <= maxUrlLength) return next();
    throw new ShortlistError(
      'url-too-long',
      `The URL has ${request.url.length} characters, at most ${maxUrlLength} are taken. Long lists go into a POST.`,
    );
  };
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

function handlerOf(endpoint: Endpoint, serving: Serving): RequestHandler {
  return async (request, response) => {
    const path = validate(endpoint.path, 'path', request.params);
    const query = validate(endpoint.query, 'query', request.query);
    const body = endpoint.body && validate(endpoint.body, 'body', request.body);
    try {
      const answer = endpoint.answer(serving, { path, query, body });
      sendJson(serving, response, 200, answer instanceof Promise ? await answer : answer);
    } catch (error) {
      const field = error instanceof ShortlistError ? endpoint.failures[error.code] : undefined;
      throw field ? blaming(error as ShortlistError, field) : error;
    }
  };
}

/** Sends a whole reply at once and skips what Express would do for caches. */
function sendJson(
  serving: Serving,
  response: Response,
  status: number,
  value: unknown,
  contentType = 'application/json',
): void {
  if (serving.stopping) response.setHeader('Connection', 'close');
  response.statusCode = status;
  response.setHeader('Content-Type', `${contentType}; charset=utf-8`);
  const text = JSON.stringify(value);
  response.setHeader('Content-Length', Buffer.byteLength(text));
  response.end(text);
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

function reportProblem({ logger, serving }: AppOptions): ErrorRequestHandler {
  return (error, request, response, _next) => {
    const requestId = String(response.getHeader(REQUEST_ID));
    const problem = problemOf(error, requestId);
    if (problem.status === 500) logger.error({ requestId, method: request.method, url: request.url, err: error });
    if (problem.status === 503) response.setHeader('Retry-After', '1');
    if (response.headersSent) return void response.destroy();
    sendJson(serving, response, problem.status, problem, 'application/problem+json');
  };
}

function methodsByRoute(): Map<string, string[]> {
  const methods = new Map<string, string[]>();
  for (const endpoint of Object.values<Endpoint>(endpoints)) {
    const own = endpoint.method === 'get' ? READ_METHODS : [endpoint.method.toUpperCase()];
    methods.set(routeOf(endpoint), [...(methods.get(routeOf(endpoint)) ?? []), ...own, 'OPTIONS']);
  }
  return methods;
}

/** The URL as Express writes it: `:name` for `{name}`. */
function routeOf({ url }: Endpoint): string {
  return url.replace(/\{(\w+)\}/g, ':$1');
}
