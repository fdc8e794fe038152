import { z } from 'zod';

/** Longest id, category or search text that a request may carry, in UTF-16 units. Far above real keys, UUIDs and URLs. */
export const MAX_ID_LENGTH = 1024;
/** Most items one list may ask for: a reply stays below about 100 kB and the retrieval stage below a whole scan. */
export const MAX_LIMIT = 1000;
export const DEFAULT_LIMIT = 10;
/** Most entries of a list in the query string; longer ones fit into the body of a POST. */
export const MAX_LISTED_IN_QUERY = 1000;

/** Text that is searched for. */
export const searchText = z
  .string({ error: issue => (Array.isArray(issue.input) ? 'expected one value, got several' : 'expected a string') })
  .max(MAX_ID_LENGTH, { error: issue => `expected at most ${issue.maximum} characters, got ${lengthOf(issue.input)}` });

/** An id as the ratings file spells it: any string, compared exactly. */
export const id = searchText.min(1, 'expected at least one character');

/** An id that the log of events can hold: one line, and text that every reader takes back as it was. */
export const loggedId = id.regex(
  /^[^\p{Cc}\p{Cs}\uFEFF]*$/u,
  'expected text without line breaks, other control characters, and broken Unicode',
);

/** How many items a reply may hold, as a number of a JSON body. */
export const limit = z
  .int(`expected an integer from 1 to ${MAX_LIMIT}`)
  .min(1, `expected an integer from 1 to ${MAX_LIMIT}`)
  .max(MAX_LIMIT, `expected an integer from 1 to ${MAX_LIMIT}`)
  .meta({ description: 'Items wanted; fewer come back only when fewer are eligible.' });

/** `limit` as text of a query string. Plain digits only: `1e1`, `0x10` and `+5` are mistakes more often than numbers. */
export const limitParameter = z
  .string('expected one value, got several')
  .regex(/^[0-9]+$/, `expected an integer from 1 to ${MAX_LIMIT}`)
  .transform(Number)
  .pipe(limit)
  .default(DEFAULT_LIMIT);

const shareRange = 'expected a number from 0 to 1';

/** A part of a whole, as a number of a JSON body. */
export const share = z.number(shareRange).min(0, shareRange).max(1, shareRange);

/** `share` as text of a query string, in plain decimals. */
export const shareParameter = z
  .string('expected one value, got several')
  .regex(/^[0-9]+([.][0-9]+)?$/, shareRange)
  .transform(Number)
  .pipe(share);

/** A boolean as text of a query string. */
export const flagParameter = z
  .enum(['true', 'false'], 'expected true or false')
  .transform(text => text === 'true')
  .pipe(z.boolean())
  .default(false);

/**
 * A list in a query string: the parameter repeated, or its values separated by commas, or both. A value that itself
 * contains a comma cannot be written so; the POST form takes it.
 */
export const listParameter = z
  .union([z.string(), z.array(z.string())])
  .transform(given => [given].flat().flatMap(text => text.split(',')))
  .pipe(z.array(id).max(MAX_LISTED_IN_QUERY, `expected at most ${MAX_LISTED_IN_QUERY} values`));

function lengthOf(input: unknown): number {
  return typeof input === 'string' ? input.length : 0;
}
