import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage, OutgoingHttpHeader } from 'node:http';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Response } from 'express';
import { LongText } from './long-text.js';

export interface Reply {
  readonly status: number;
  readonly requestId: string;
  /** Default `application/json`, with the charset. */
  readonly type?: string;
  /** Whether to end the connection after this reply. */
  readonly last: boolean;
  /** `Cache-Control` of what caches may keep, which gets an `ETag`. Default: nothing may keep it. */
  readonly caching?: string | undefined;
  /** Whether it is a page, which has set a policy of its own. */
  readonly isPage?: boolean;
  /** Bytes from which it is compressed, if the client can read that. 0: never. */
  readonly compressFrom: number;
}

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** A browser that is led to a reply shows it as nothing but data, in no frame. */
const SECURITY_HEADERS = [
  'X-Content-Type-Options',
  'nosniff',
  'Content-Security-Policy',
  "default-src 'none'; frame-ancestors 'none'",
] as const;

/** Names and values that every reply has which is for its caller alone, or changes when nobody knows. */
export const API_HEADERS: readonly string[] = ['Cache-Control', 'no-store', ...SECURITY_HEADERS];

/**
 * Sends a whole reply: all headers and the body in one go, which is what Node does fastest, and without the hash that
 * Express makes of every body for caches, where no one would ask for it again.
 */
export function sendJson(response: Response, value: unknown, reply: Reply): void {
  sendText(response, value instanceof LongText ? value : JSON.stringify(value), reply);
}

/** Milliseconds in which a long reply has to be read, or it is dropped: at 10 MB, less than a megabit a second. */
const MAX_SENDING_MS = 120_000;

/** Sends text that is there already. Of a long one nothing is left afterwards. */
export function sendText(response: Response, text: string | LongText, reply: Reply): void {
  const { status, type, requestId, last, caching, isPage, compressFrom } = reply;
  const bytes = typeof text === 'string' ? Buffer.byteLength(text) : text.bytes;
  const headers: OutgoingHttpHeader[] = [
    'Content-Type',
    type ?? 'application/json; charset=utf-8',
    'X-Request-Id',
    requestId,
    'Cache-Control',
    caching ?? 'no-store',
    ...(isPage ? [] : SECURITY_HEADERS),
  ];
  if (last) headers.push('Connection', 'close');
  const isLarge = compressFrom > 0 && bytes >= compressFrom;
  if (isLarge) response.appendHeader('Vary', 'Accept-Encoding');
  if (caching !== undefined) {
    const hash = createHash('sha1');
    if (typeof text === 'string') hash.update(text);
    else for (const chunk of text.chunks) hash.update(chunk);
    // Weak, since it stands for the compressed reply as well.
    const etag = `W/"${hash.digest('base64url')}"`;
    headers.push('ETag', etag);
    if (response.req.headers['if-none-match'] !== undefined) {
      // Express compares with what is set, which costs every other reply more than it does here.
      response.setHeader('ETag', etag);
      // All but the type, which is that of the reply the client has.
      if (response.req.fresh) return void response.writeHead(304, headers.slice(2)).end();
    }
  }
  if (typeof text !== 'string') {
    const timer = setTimeout(() => response.destroy(), MAX_SENDING_MS).unref();
    response.once('close', () => clearTimeout(timer));
  }
  const coding = isLarge && response.req.acceptsEncodings('br', 'gzip');
  if (coding === 'br' || coding === 'gzip') {
    sendCompressed(response, text, coding, status, headers);
  } else {
    headers.push('Content-Length', bytes);
    response.writeHead(status, headers);
    if (typeof text === 'string') return void response.end(text);
    for (const chunk of text.chunks.splice(0)) response.write(chunk);
    response.end();
  }
}

/** Compresses on another thread. The fast settings: the slow ones take ten times as long to save a tenth. */
function sendCompressed(
  response: Response,
  text: string | LongText,
  coding: 'br' | 'gzip',
  status: number,
  headers: OutgoingHttpHeader[],
): void {
  const send = (error: Error | null, packed: Buffer) => {
    if (error) return void response.destroy(error);
    headers.push('Content-Encoding', coding, 'Content-Length', packed.length);
    response.writeHead(status, headers).end(packed);
  };
  const whole = typeof text === 'string' ? text : Buffer.concat(text.chunks.splice(0));
  if (coding === 'gzip') gzip(whole, send);
  else brotliCompress(whole, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }, send);
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
