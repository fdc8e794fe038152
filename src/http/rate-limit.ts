import type { RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import { ShortlistError } from '../errors.js';
import { keyOf } from './api-keys.js';

const MINUTE_MS = 60_000;

/**
 * Bounds the requests of one client in a minute.
 * @param by `key` only behind `requireKey`: a key that nobody checked could be another one in every request
 */
export function limitRate(requestsPerMinute: number, by: 'key' | 'address'): RequestHandler {
  return rateLimit({
    windowMs: MINUTE_MS,
    limit: requestsPerMinute,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    // The address is that of the connection, whatever a header claims.
    validate: { xForwardedForHeader: false, forwardedHeader: false },
    keyGenerator: request =>
      (by === 'key' ? keyOf(request) : undefined) ?? ipKeyGenerator(request.socket.remoteAddress ?? ''),
    handler() {
      throw new ShortlistError(
        'rate-limited',
        `More than ${requestsPerMinute} requests in a minute. Go on after the seconds in Retry-After.`,
      );
    },
  });
}
