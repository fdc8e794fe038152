import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** Longest key that is hashed, in characters: far above any real one, and far below what headers may hold. */
const MAX_KEY_LENGTH = 4096;

/** What `sha256sum` makes of an empty variable, with and without the end of a line. */
const OF_NOTHING = new Set(['', '\n', '\r\n', ' ', ' \n'].map(text => sha256(text).toString('hex')));

/** What is wrong with the hash of a key, as it should be said of it; undefined where nothing is. */
export function hashFault(hash: unknown): string | undefined {
  if (typeof hash !== 'string' || !/^[0-9a-f]{64}$/i.test(hash)) {
    return 'expected SHA-256 hashes of 64 hexadecimal digits';
  }
  if (!OF_NOTHING.has(hash.toLowerCase())) return undefined;
  return 'expected hashes of keys, and this is the hash of an empty one: was the variable with the key empty?';
}

/**
 * The key of a request: `X-Api-Key: KEY` or else `Authorization: Bearer KEY`, so that a gateway may have a token of its own in
 * the latter. An empty one is none.
 */
export function keyOf(headers: IncomingHttpHeaders): string | undefined {
  const given = headers['x-api-key'];
  if (typeof given === 'string' && given !== '') return given;
  return /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
}

/** @returns what finds the hash of a key, in hexadecimal digits, among some; undefined where it is none of them */
export function knownAmong(hashes: readonly string[]): (key: string) => string | undefined {
  const known = hashes.map(hash => Buffer.from(hash, 'hex'));
  return key => {
    if (key === '' || key.length > MAX_KEY_LENGTH) return undefined;
    const hash = sha256(key);
    // All are compared, in constant time, so that the time does not tell which one came close.
    return known.filter(one => timingSafeEqual(one, hash)).length > 0 ? hash.toString('hex') : undefined;
  };
}

/**
 * What tells by its headers whether a request has one of some keys.
 * @param hashes undefined: it needs none
 */
export function holdersOf(hashes: readonly string[] | undefined): (headers: IncomingHttpHeaders) => boolean {
  if (!hashes) return () => true;
  const known = knownAmong(hashes);
  return headers => known(keyOf(headers) ?? '') !== undefined;
}

/** Node reads each byte of a header as one character. */
function sha256(key: string): Buffer {
  return createHash('sha256').update(key, 'latin1').digest();
}
