import { IncomingMessage, type RequestListener, type ServerOptions, ServerResponse } from 'node:http';
import express, { type Express } from 'express';
import { LoadBound } from './load-bound.js';
import { type ApiOptions, addMetrics, addRoutes, contextFor, entranceFor } from './router.js';

export interface AppOptions extends ApiOptions {
  /** Milliseconds that requests may take in one turn of the event loop; those that come after it are refused at once. */
  readonly maxTurnMs: number;
}

export interface App {
  readonly listener: RequestListener;
  /** What the server has to make requests and responses of. */
  readonly classes: Pick<ServerOptions, 'IncomingMessage' | 'ServerResponse'>;
  /** Says that a connection was accepted. */
  accepted(): void;
  /**
   * From now on replies end their connection, and the app says that it is not ready, so that requests go elsewhere.
   * @param replaced whether others answer in its place, so that the service stays ready
   */
  drain(replaced: boolean): void;
  /** Requests that come from now on wait for `release`. */
  hold(): void;
  release(): void;
}

/** The API and its metrics for a `node:http` server of its own, with nothing in front of the routes. */
export function createApp(options: AppOptions): App {
  const { metrics } = options;
  const bound = new LoadBound(options.maxTurnMs);
  const context = contextFor(options, bound);
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  // Queries are read by `createQueryReader`.
  app.set('query parser', false);
  app.set('case sensitive routing', true);
  app.set('strict routing', true);
  addRoutes(app, context, (to, guards) => addMetrics(to, metrics, guards));
  const lets = entranceFor(context);
  const bounded = bound.guard(app, context.proxies, metrics.countRefused);
  let held: (() => void)[] | undefined;
  const answer: RequestListener = (request, response) => {
    if (lets(request, response)) bounded(request, response);
  };
  return {
    listener: (request, response) => {
      // For replies that are not sent by `sendJson`, such as refusals.
      if (context.stopping) response.shouldKeepAlive = false;
      if (held) held.push(() => answer(request, response));
      else answer(request, response);
    },
    classes: expressClasses(app),
    accepted: () => bound.accepted(),
    drain(replaced) {
      context.stopping = true;
      context.replaced = replaced;
    },
    hold() {
      held ??= [];
    },
    release() {
      const waiting = held ?? [];
      held = undefined;
      // Each in a turn of its own: what comes together in one may be refused as too much.
      const next = () => {
        waiting.shift()?.();
        if (waiting.length > 0) setImmediate(next);
      };
      next();
    },
  };
}

/**
 * Classes of requests and responses that are what Express wants from the start. It sets the prototypes of whatever it
 * is given, for every request, after which V8 can optimise nothing that touches the two, and keeps them through young
 * collections: with its own prototypes set already, Express takes a third of the time (measured on Node 20).
 */
function expressClasses(app: Express): App['classes'] {
  class Request extends IncomingMessage {}
  class Response<Of extends IncomingMessage = IncomingMessage> extends ServerResponse<Of> {}
  // Between these and Node's own are those with the methods of Express.
  Object.setPrototypeOf(Request.prototype, app.request);
  Object.setPrototypeOf(Response.prototype, app.response);
  Object.assign(app, { request: Request.prototype, response: Response.prototype });
  return { IncomingMessage: Request, ServerResponse: Response };
}
