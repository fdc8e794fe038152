import { isUtf8 } from 'node:buffer';
import express, { type RequestHandler } from 'express';
import { ShortlistError } from '../../errors.js';
import { hasBody } from './request-head.js';

/**
 * What reads the body of a request: JSON in UTF-8, which may be compressed. Where the application has read it already, with
 * an `express.json()` of its own, its result stands.
 * @param maxBytes most of the body, after decompression
 * @internal
 */
export function readJson(maxBytes: number): RequestHandler[] {
  return [
    requireJson,
    express.json({ limit: maxBytes, strict: false, verify: (_request, _response, body) => check(body) }),
  ];
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

/** Refuses what the parser would let pass with a part of it changed or lost. */
function check(body: Buffer): void {
  if (!isUtf8(body)) {
    throw new ShortlistError('malformed-request', 'The body is not valid UTF-8, the only encoding of JSON.');
  }
  const repeated = repeatedName(body.toString());
  if (repeated === undefined) return;
  throw new ShortlistError(
    'malformed-request',
    `The body has "${repeated.slice(0, 100)}" twice in one object, and only one of the two could count.`,
  );
}

/**
 * A string, with the colon after it if it is a name, or the begin or end of an object. One that does not end goes to the end
 * of the text: were it no match, the search would start again at each quote in it.
 */
const TOKEN = /"([^"\\]*(?:\\.?[^"\\]*)*)(?:"(\s*:)?|$)|[{}]/gs;

/** A name that one object of the JSON text has twice. */
function repeatedName(text: string): string | undefined {
  const open: Set<string>[] = [];
  for (const [token, string, colon] of text.matchAll(TOKEN)) {
    if (token === '{') open.push(new Set());
    else if (token === '}') open.pop();
    else if (colon !== undefined && string !== undefined) {
      const name = string.includes('\\') ? unescaped(string) : string;
      if (open.at(-1)?.has(name)) return name;
      open.at(-1)?.add(name);
    }
  }
  return undefined;
}

function unescaped(string: string): string {
  try {
    return String(JSON.parse(`"${string}"`));
  } catch {
    // The parser is about to say so.
    return string;
  }
}
