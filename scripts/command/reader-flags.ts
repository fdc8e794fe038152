import type { Flags } from './command.js';
import { onOff, text } from './flag-values.js';

// The flags of every command that reads ratings files: `ReadRatingsOptions` tells what each of them does.

export const readerFlags = {
  userColumn: { value: 'NAME', help: 'column with user ids (default: recognised)', schema: text().optional() },
  itemColumn: { value: 'NAME', help: 'column with item ids (default: recognised)', schema: text().optional() },
  ratingColumn: { value: 'NAME', help: 'column with ratings (default: recognised)', schema: text().optional() },
  timestampColumn: { value: 'NAME', help: 'column with times (default: recognised)', schema: text().optional() },
  headerless: { help: 'the columns are user, item, rating, timestamp from the first line on', schema: onOff() },
  skipBadRows: { help: 'leave bad rows out and write them to data/rejected-rows.csv', schema: onOff() },
} satisfies Flags;
