import type { IncomingMessage, ServerResponse } from 'node:http';

/** What pages may send beside what every page may, and read of the reply. */
const REQUEST_HEADERS = 'Authorization, Content-Type, If-None-Match, X-Api-Key, X-Request-Id, traceparent, tracestate';
const REPLY_HEADERS = 'ETag, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id';
/** Seconds for which a browser need not ask again; none keeps it longer. */
const PREFLIGHT_SECONDS = 7200;

/**
 * Lets pages of other origins use the API from a browser, errors included (CORS, https://fetch.spec.whatwg.org). There are no
 * cookies here, so browsers are never told to send theirs: keys travel in headers that a page sets itself.
 * @param origins such as `https://shop.example`; `*` for every origin
 * @returns what sets the headers of a reply, and answers a browser that asks beforehand: it then returns true
 * @internal
 */
export function corsFor(origins: readonly string[]): (request: IncomingMessage, response: ServerResponse) => boolean {
  const isOpen = origins.includes('*');
  const allowed = new Set(origins);
  return ({ method, headers }, response) => {
    const { origin } = headers;
    // Caches have to know that the reply to another origin differs.
    if (!isOpen) response.appendHeader('Vary', 'Origin');
    if (origin === undefined || !(isOpen || allowed.has(origin))) return false;
    response.setHeader('Access-Control-Allow-Origin', isOpen ? '*' : origin);
    if (method !== 'OPTIONS' || headers['access-control-request-method'] === undefined) {
      response.setHeader('Access-Control-Expose-Headers', REPLY_HEADERS);
      return false;
    }
    response.setHeader('Access-Control-Allow-Methods', 'GET, HEAD, POST');
    response.setHeader('Access-Control-Allow-Headers', REQUEST_HEADERS);
    response.setHeader('Access-Control-Max-Age', PREFLIGHT_SECONDS);
    response.writeHead(204).end();
    return true;
  };
}
