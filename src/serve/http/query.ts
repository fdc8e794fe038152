import type { IncomingMessage } from 'node:http';
import { parse } from 'node:querystring';
import type { z } from 'zod';
import { ShortlistError } from '../../errors.js';
import { validate } from './validation.js';

/** Query strings kept for each endpoint, and the longest that is. Together they bound the memory to a few megabytes. */
const MAX_KEPT = 256;
const MAX_KEPT_LENGTH = 128;

/**
 * Reads and checks the query string of requests. Callers of an API use a handful of query strings, so what the schema
 * made of the latest ones is kept: that saves half of the cost of validation.
 */
export function createQueryReader(schema: z.ZodType): (request: IncomingMessage) => unknown {
  const kept = new Map<string, unknown>();
  return ({ url = '' }) => {
    const mark = url.indexOf('?');
    const text = mark < 0 ? '' : url.slice(mark + 1);
    const known = kept.get(text);
    if (known !== undefined) return known;
    const query = validate(schema, 'query', parseQueryString(text));
    if (text.length > MAX_KEPT_LENGTH) return query;
    if (kept.size === MAX_KEPT) kept.clear();
    kept.set(text, Object.freeze(query));
    return query;
  };
}

/**
 * The parameters of a query string by name, on an object without prototype; repeated ones become arrays.
 * @throws {ShortlistError} `malformed-request` for a percent sign that is not the start of valid UTF-8
 */
function parseQueryString(text: string): Record<string, unknown> {
  if (text.includes('%')) {
    try {
      decodeURIComponent(text);
    } catch {
      throw new ShortlistError(
        'malformed-request',
        'The query string is not valid percent-encoded UTF-8. Write a percent sign itself as %25.',
      );
    }
  }
  // The length of URLs is bounded, so there is no need to bound the number of parameters, which would drop some.
  return parse(text, '&', '=', { maxKeys: 0 });
}
