import { isAscii, isUtf8, transcode } from 'node:buffer';
import type { RequestHandler } from 'express';
import { messageOf, ShortlistError } from '../../errors.js';
import { findFault, type Shape } from './body-shape.js';
import type { BodyReader } from './read-body.js';
import { hasBody } from './request-head.js';
import type { Turns } from './turns.js';
import { invalidRequest } from './validation.js';

/** Bytes of a body that is validated as it is, so that the reply can name all that is wrong with it. */
const SHORT_BYTES = 4096;
/** Bytes of a body from which parsing has a turn of its own, and validation as well. */
const LONG_BYTES = 64 * 1024;
const BYTE_ORDER_MARK = 0xfeff;

/**
 * What reads the body of a request: JSON in UTF-8, which may be compressed. Where the application has read it already, with
 * an `express.json()` of its own, its result stands.
 * @param shape of the bodies that the endpoint takes
 * @internal
 */
export function readJson(reader: BodyReader, shape: Shape, turns: Turns): RequestHandler[] {
  const read: RequestHandler = (request, response, next) => {
    if (!hasBody(request.headers) || request.body !== undefined || request.readableEnded) return next();
    reader.read(request, (thrown, body) => {
      if (thrown) return next(thrown);
      const goOn = (value: unknown) => {
        request.body = value;
        next();
      };
      if (body.length > LONG_BYTES) {
        const isGone = () => response.destroyed;
        turns.doLater(() => parse(body, shape), isGone).then(value => setImmediate(goOn, value), next);
        return;
      }
      let value: unknown;
      try {
        value = parse(body, shape);
      } catch (error) {
        return next(error);
      }
      goOn(value);
    });
  };
  return [requireJson, read];
}

const requireJson: RequestHandler = (request, _response, next) => {
  // A request without a body goes on: the schema says best what is missing.
  if (!hasBody(request.headers)) return next();
  if (!request.is('application/json')) {
    throw unsupported('The body must be JSON, with the header "Content-Type: application/json".', 'application/json');
  }
  const charset = /;\s*charset\s*=\s*"?([^\s";]*)/i.exec(request.headers['content-type'] ?? '')?.[1];
  if (charset === undefined || /^utf-8$/i.test(charset)) return next();
  throw unsupported('JSON is in UTF-8, with the header "Content-Type: application/json".', 'UTF-8, the only charset');
};

function unsupported(message: string, expected: string): ShortlistError {
  const errors = [{ in: 'header', field: 'Content-Type', message: `expected ${expected}` }];
  return new ShortlistError('unsupported-media-type', message, { errors });
}

/**
 * The value of a body that was read.
 * @throws {ShortlistError} `malformed-request` for what is no JSON, and for what the parser would let pass with a part of it
 *   changed or lost; `invalid-request` for a long text that the schema has no room for, before it is parsed
 */
function parse(body: Buffer, shape: Shape): unknown {
  if (!isUtf8(body)) {
    throw new ShortlistError('malformed-request', 'The body is not valid UTF-8, the only encoding of JSON.');
  }
  // Twice and more as fast as `toString`.
  const text = isAscii(body) ? body.toString('latin1') : transcode(body, 'utf8', 'ucs2').toString('utf16le');
  const { repeated, error } = findFault(text, body.length > SHORT_BYTES ? shape : undefined) ?? {};
  if (repeated !== undefined) {
    throw new ShortlistError(
      'malformed-request',
      `The body has "${repeated.slice(0, 100)}" twice in one object, and only one of the two could count.`,
    );
  }
  if (error) throw invalidRequest([error]);
  // What an empty body of chunks lacks is for the schema to say.
  if (text === '') return {};
  try {
    return JSON.parse(text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text);
  } catch (cause) {
    throw new ShortlistError('malformed-request', `The request cannot be read: ${messageOf(cause)}.`, {}, { cause });
  }
}
