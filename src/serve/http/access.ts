import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import { ShortlistError } from '../../errors.js';
import type { Access } from './endpoint.js';
import type { Proxies } from './proxies.js';

const MINUTE_MS = 60_000;

/** Who may do what. Keys are held as SHA-256 hashes of 64 hexadecimal digits only. */
export interface AccessOptions {
  /** Of keys that may write and read. None: everybody may write. */
  readonly apiKeyHashes: readonly string[];
  /** Of keys that may do everything. None: the API keys may. */
  readonly adminKeyHashes: readonly string[];
  /** Whether reading needs a key as well. */
  readonly readsClosed: boolean;
}

/** @internal What lets requests for one kind of access pass: nothing at all where everybody may. */
export function guardsOf(access: Access, options: AccessOptions): RequestHandler[] {
  const { apiKeyHashes, adminKeyHashes, readsClosed } = options;
  const all = [...apiKeyHashes, ...adminKeyHashes];
  switch (access) {
    case 'open':
      return [];
    case 'read':
      return readsClosed ? [requireKey(all)] : [];
    case 'write':
      return apiKeyHashes.length > 0 ? [requireKey(all)] : [];
    case 'admin':
      return all.length === 0 ? [refuseAll] : [requireKey(adminKeyHashes.length > 0 ? adminKeyHashes : apiKeyHashes)];
  }
}

const refuseAll: RequestHandler = () => {
  throw new ShortlistError(
    'forbidden',
    'Nobody may do this here, because this server has no keys. Whoever runs it sets ADMIN_KEYS_SHA256, or ' +
      '`adminKeyHashes`, to the SHA-256 of a key (printf %s KEY | sha256sum) and sends "Authorization: Bearer KEY".',
  );
};

/**
 * Lets only requests with a known key pass: `Authorization: Bearer KEY` or `X-Api-Key: KEY`. Hashes are compared in
 * constant time.
 */
function requireKey(hashes: readonly string[]): RequestHandler {
  const known = hashes.map(hash => Buffer.from(hash, 'hex'));
  return (request, response, next) => {
    const key = keyOf(request);
    // Node reads each byte of a header as one character.
    const hash = key === undefined ? undefined : createHash('sha256').update(key, 'latin1').digest();
    // All are compared, so that the time does not tell which one came close.
    if (hash && known.filter(one => timingSafeEqual(one, hash)).length > 0) {
      response.locals.shortlistKeyHash = hash.toString('hex');
      return next();
    }
    response.setHeader('WWW-Authenticate', 'Bearer');
    throw new ShortlistError(
      'unauthorized',
      key === undefined
        ? 'This needs an API key: "Authorization: Bearer KEY".'
        : 'This API key is not known here, or not for this.',
      { errors: [{ in: 'header', field: 'Authorization', message: 'expected Bearer and a known key' }] },
    );
  };
}

function keyOf({ headers }: IncomingMessage): string | undefined {
  const given = headers['x-api-key'];
  if (typeof given === 'string') return given;
  return /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
}

/** @internal Bounds the requests in a minute of one API key or, of those who need none, of one address. */
export function limitRate(requestsPerMinute: number, proxies: Proxies): RequestHandler {
  return rateLimit({
    windowMs: MINUTE_MS,
    limit: requestsPerMinute,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    // Which headers to believe is known to `proxies`.
    validate: { xForwardedForHeader: false, forwardedHeader: false },
    // A key that nobody checked could be another one in every request.
    keyGenerator: (request, { locals }) => locals.shortlistKeyHash ?? ipKeyGenerator(proxies.addressOf(request)),
    handler() {
      throw new ShortlistError(
        'rate-limited',
        `More than ${requestsPerMinute} requests in a minute. Try again after the seconds in Retry-After.`,
      );
    },
  });
}
