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

const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const BLANK = 0x20;

/** A name that one object of the JSON text has twice: one pass, which takes less time than the parser. */
function repeatedName(text: string): string | undefined {
  const open: Set<string>[] = [];
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === OPEN) open.push(new Set());
    else if (char === CLOSE) open.pop();
    if (char !== QUOTE) continue;
    const begin = at + 1;
    at = endOfString(text, begin);
    let next = at + 1;
    while (text.charCodeAt(next) <= BLANK) next++;
    if (text.charCodeAt(next) !== COLON) continue;
    const name = unescaped(text.slice(begin, at));
    if (open.at(-1)?.has(name)) return name;
    open.at(-1)?.add(name);
  }
  return undefined;
}

/** Where the quote is that ends a string; the end of the text where none does. */
function endOfString(text: string, begin: number): number {
  let at = begin;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at;
}

function unescaped(string: string): string {
  if (!string.includes('\\')) return string;
  try {
    return String(JSON.parse(`"${string}"`));
  } catch {
    // The parser is about to say so.
    return string;
  }
}
