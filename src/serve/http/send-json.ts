import { randomBytes } from 'node:crypto';
import type { IncomingMessage, OutgoingHttpHeader, ServerResponse } from 'node:http';

export interface JsonReply {
  readonly status: number;
  readonly value: unknown;
  readonly requestId: string;
  /** Default `application/json`, with the charset. */
  readonly type?: string;
  /** Whether to end the connection after this reply. */
  readonly last: boolean;
}

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/**
 * Names and values that every reply has: it is for its caller alone and changes with every snapshot, and a browser that
 * is led to it shows it as nothing but data, in no frame.
 */
export const API_HEADERS: readonly string[] = [
  'Cache-Control',
  'no-store',
  'X-Content-Type-Options',
  'nosniff',
  'Content-Security-Policy',
  "default-src 'none'; frame-ancestors 'none'",
];

/**
 * Sends a whole reply: all headers and the body in one go, which is what Node does fastest, and without the hash that
 * Express makes of every body for caches, which no one would ask for again.
 */
export function sendJson(response: ServerResponse, { status, value, requestId, type, last }: JsonReply): void {
  const text = JSON.stringify(value);
  const headers: OutgoingHttpHeader[] = [
    'Content-Type',
    type ?? 'application/json; charset=utf-8',
    'Content-Length',
    Buffer.byteLength(text),
    'X-Request-Id',
    requestId,
    ...API_HEADERS,
  ];
  if (last) headers.push('Connection', 'close');
  response.writeHead(status, headers).end(text);
}

/** Ids that others gave are kept when they are short and harmless in a log and in a header. */
const ACCEPTABLE = /^[\w.:-]{1,128}$/;
/** Tells this process's ids from those of its siblings and its earlier lives. */
const PROCESS = randomBytes(6).toString('hex');
let requests = 0;

/** The request's own `X-Request-Id`, or a new one. */
export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && ACCEPTABLE.test(given) ? given : `${PROCESS}-${(++requests).toString(36)}`;
}
