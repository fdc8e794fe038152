import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import { parseQueryString } from './query-string.js';
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
