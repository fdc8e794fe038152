import { parseEventWeights } from '../../src/learn/ratings/interaction-options.js';
import { REPEAT_RULES, VALUE_KINDS } from '../../src/learn/ratings/ratings-table.js';
import type { Flags } from './command.js';
import { oneOf, onOff, parsedBy, text } from './flag-values.js';

/** What an argument of a reading flag may be. */
export const TABLES = 'files (CSV, TSV, JSON, Parquet; gzipped or not), folders, patterns, or - for standard input';

// The flags of every command that reads ratings files: `ReadRatingsOptions` tells what each of them does.

export const readerFlags = {
  userColumn: { value: 'NAME', help: 'column with user ids (default: recognised)', schema: text().optional() },
  itemColumn: { value: 'NAME', help: 'column with item ids (default: recognised)', schema: text().optional() },
  ratingColumn: { value: 'NAME', help: 'column with ratings (default: recognised)', schema: text().optional() },
  quantityColumn: {
    value: 'NAME',
    help: 'column with quantities, where there are no ratings (default: recognised)',
    schema: text().optional(),
  },
  eventColumn: { value: 'NAME', help: 'column with types of events (default: recognised)', schema: text().optional() },
  eventWeights: {
    value: 'LIST',
    help: 'what events weigh by type, such as view=1,cart=3,purchase=10; others are left out (default: all 1)',
    schema: parsedBy(parseEventWeights).optional(),
  },
  values: {
    value: 'KIND',
    help: `what the values are: ${VALUE_KINDS.join(', ')} (default: judged by the data)`,
    schema: oneOf(VALUE_KINDS).optional(),
  },
  repeats: {
    value: 'RULE',
    help: `what several rows of a user and an item make: ${REPEAT_RULES.join(', ')} (default: last for ratings and labels, otherwise sum)`,
    schema: oneOf(REPEAT_RULES).optional(),
  },
  timestampColumn: { value: 'NAME', help: 'column with times (default: recognised)', schema: text().optional() },
  headerless: { help: 'the columns are user, item, rating, timestamp from the first line on', schema: onOff() },
  skipBadRows: { help: 'leave bad rows out and write them to data/rejected-rows.csv', schema: onOff() },
} satisfies Flags;
