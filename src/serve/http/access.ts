import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import { ShortlistError } from '../../errors.js';
import type { Access } from './endpoint.js';
import { checkHostName, hostFault } from './hosts.js';
import { hashFault, keyOf, knownAmong } from './keys.js';
import type { Proxies } from './proxies.js';
import { RequestCounts } from './request-counts.js';

const MINUTE_MS = 60_000;
/** Wrong keys from one address in a minute, after which the address hears 429: more than a mistake makes. */
const MAX_WRONG_KEYS = 20;

/** Who may do what. Keys are held as SHA-256 hashes of 64 hexadecimal digits only. */
export interface AccessOptions {
  /** Of keys that may write and read. None: everybody may write. */
  readonly apiKeyHashes: readonly string[];
  /** Of keys that may do everything. None: the API keys may. */
  readonly adminKeyHashes: readonly string[];
  /** Whether reading needs a key as well. */
  readonly readsClosed: boolean;
  /** Whether `/metrics`, `/docs` and `/openapi.json` need a key that may read. */
  readonly monitoringClosed: boolean;
  /**
   * Names that clients have for this server, beside addresses, `localhost` and names without a dot; `*` for any. Where some are
   * given, requests for others are refused, those for its health apart; where none are, those that write without a key.
   */
  readonly allowedHosts: readonly string[];
}

/** What a request is for: one of the endpoints, or metrics and documentation. */
type Purpose = Access | 'monitoring';

/**
 * Checks what a caller of the library says.
 * @throws {ShortlistError} `invalid-option`
 * @internal
 */
export function checkAccess(options: AccessOptions): void {
  checkList('apiKeyHashes', options.apiKeyHashes, hashFault);
  checkList('adminKeyHashes', options.adminKeyHashes, hashFault);
  checkList('allowedHosts', options.allowedHosts, hostFault);
  const { apiKeyHashes, adminKeyHashes, readsClosed, monitoringClosed } = options;
  if ((readsClosed || monitoringClosed) && apiKeyHashes.length + adminKeyHashes.length === 0) {
    const option = readsClosed ? 'readsClosed' : 'monitoringClosed';
    throw new ShortlistError('invalid-option', `\`${option}\` needs \`apiKeyHashes\`, or nobody could read.`, {
      option,
    });
  }
}

function checkList(option: string, given: unknown, faultOf: (entry: unknown) => string | undefined): void {
  const fault = Array.isArray(given) ? given.map(faultOf).find(found => found !== undefined) : 'expected a list';
  if (fault !== undefined) throw new ShortlistError('invalid-option', `\`${option}\`: ${fault}.`, { option });
}

/**
 * Keys that are good for something; undefined where it needs none.
 * @internal
 */
export function keysFor(purpose: Purpose, options: AccessOptions): readonly string[] | undefined {
  const { apiKeyHashes, adminKeyHashes, readsClosed, monitoringClosed } = options;
  const all = [...apiKeyHashes, ...adminKeyHashes];
  switch (purpose) {
    case 'open':
      return undefined;
    case 'read':
      return readsClosed ? all : undefined;
    case 'monitoring':
      return monitoringClosed ? all : undefined;
    case 'write':
      return apiKeyHashes.length > 0 ? all : undefined;
    case 'admin':
      return adminKeyHashes.length > 0 ? adminKeyHashes : apiKeyHashes;
  }
}

/**
 * @param onWrongKey called for every request with a wrong key
 * @returns the guards of what is for one purpose: none at all where everybody may
 * @internal
 */
export function guardsBy(
  options: AccessOptions,
  proxies: Proxies,
  onWrongKey: () => void,
): (purpose: Purpose) => RequestHandler[] {
  const allowedHosts = options.allowedHosts.map(name => name.toLowerCase());
  const wrongKeys = new RequestCounts();
  const countWrongKey = (request: IncomingMessage) => {
    onWrongKey();
    return wrongKeys.increment(ipKeyGenerator(proxies.addressOf(request)));
  };
  const requireHost: RequestHandler = (request, _response, next) => {
    checkHostName(request, allowedHosts);
    next();
  };
  return purpose => {
    const keys = keysFor(purpose, options);
    const checksHost = allowedHosts.length > 0 ? purpose !== 'open' : purpose === 'write' && !keys;
    return [
      ...(checksHost && !allowedHosts.includes('*') ? [requireHost] : []),
      ...(keys ? [keys.length > 0 ? requireKey(keys, countWrongKey) : refuseAll] : []),
    ];
  };
}

const refuseAll: RequestHandler = () => {
  throw new ShortlistError(
    'forbidden',
    'Nobody may do this here, because this server has no keys. Whoever runs it sets ADMIN_KEYS_SHA256, or ' +
      '`adminKeyHashes`, to the SHA-256 of a key (printf %s KEY | sha256sum) and sends "Authorization: Bearer KEY".',
  );
};

/** Lets only requests with a known key pass. An address with too many wrong ones hears so; its right ones pass all the same. */
function requireKey(
  hashes: readonly string[],
  countWrongKey: (request: IncomingMessage) => { readonly totalHits: number; readonly resetTime: Date },
): RequestHandler {
  const known = knownAmong(hashes);
  return (request, response, next) => {
    const key = keyOf(request.headers);
    const hash = key === undefined ? undefined : known(key);
    if (hash !== undefined) {
      response.locals.shortlistKeyHash = hash;
      return next();
    }
    if (key !== undefined) {
      const { totalHits, resetTime } = countWrongKey(request);
      if (totalHits > MAX_WRONG_KEYS) {
        const seconds = Math.ceil((Number(resetTime) - Date.now()) / 1000);
        response.setHeader('Retry-After', Math.max(1, seconds));
        throw new ShortlistError(
          'rate-limited',
          `More than ${MAX_WRONG_KEYS} wrong API keys in a minute from one address. Try again after the seconds in Retry-After.`,
        );
      }
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

/** @internal Bounds the requests in a minute of one API key or, of those who need none, of one address. */
export function limitRate(requestsPerMinute: number, proxies: Proxies): RequestHandler {
  return rateLimit({
    windowMs: MINUTE_MS,
    store: new RequestCounts(),
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
