import type { RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import { ShortlistError } from '../../errors.js';
import { passedWith } from './access.js';

const MINUTE_MS = 60_000;

/** Bounds the requests in a minute of one API key or, of those who need none, of one address. */
export function limitRate(requestsPerMinute: number): RequestHandler {
  return rateLimit({
    windowMs: MINUTE_MS,
    limit: requestsPerMinute,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    // The address is that of the connection, whatever a header claims.
    validate: { xForwardedForHeader: false, forwardedHeader: false },
    // A key that nobody checked could be another one in every request.
    keyGenerator: (request, response) => passedWith(response) ?? ipKeyGenerator(request.socket.remoteAddress ?? ''),
    handler() {
      throw new ShortlistError(
        'rate-limited',
        `More than ${requestsPerMinute} requests in a minute. Go on after the seconds in Retry-After.`,
      );
    },
  });
}
