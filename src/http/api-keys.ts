import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import { ShortlistError } from '../errors.js';

/**
 * Lets only requests with a known key pass: `Authorization: Bearer KEY` or `X-Api-Key: KEY`. Only hashes of the keys are
 * held, and they are compared in constant time.
 * @param hashes SHA-256 of each key, as 64 hexadecimal digits
 */
export function requireKey(hashes: readonly string[]): RequestHandler {
  const known = hashes.map(hash => Buffer.from(hash, 'hex'));
  return (request, response, next) => {
    const key = keyOf(request);
    const hash = key === undefined ? undefined : createHash('sha256').update(key).digest();
    // All are compared, so that the time does not tell which one came close.
    if (hash && known.filter(one => timingSafeEqual(one, hash)).length > 0) return next();
    response.setHeader('WWW-Authenticate', 'Bearer');
    throw new ShortlistError(
      'unauthorized',
      key === undefined ? 'This needs an API key: "Authorization: Bearer KEY".' : 'This API key is not known here.',
      { errors: [{ in: 'header', field: 'Authorization', message: 'expected Bearer and a known key' }] },
    );
  };
}

/** The key that a request came with. */
export function keyOf({ headers }: IncomingMessage): string | undefined {
  const given = headers['x-api-key'];
  if (typeof given === 'string') return given;
  return /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
}
