import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { csvField } from '../../base/tables/text-line.js';
import { messageOf, ShortlistError } from '../../errors.js';
import type { CatalogueItem, RatingsTable } from './ratings-table.js';

/** Writes ratings as `userId,itemId[,rating][,timestamp]`, in the order of the table. */
export async function writeRatingsCsv(path: string, table: RatingsTable): Promise<void> {
  const { userIds, itemIds, users, items, values, timestamps, rated } = table;
  await writeLines(path, function* () {
    yield ['userId', 'itemId', ...(rated ? ['rating'] : []), ...(timestamps ? ['timestamp'] : [])].join(',');
    for (let row = 0; row < users.length; row++) {
      const ids = `${csvField(userIds[users[row]!]!)},${csvField(itemIds[items[row]!]!)}`;
      yield ids + (rated ? `,${values[row]}` : '') + (timestamps ? `,${timestamps[row]}` : '');
    }
  });
}

/** Writes a catalogue as `itemId,title,categories`, categories separated by `|`. */
export async function writeItemsCsv(path: string, catalogue: readonly CatalogueItem[]): Promise<void> {
  await writeLines(path, function* () {
    yield 'itemId,title,categories';
    for (const { itemId, title = '', categories } of catalogue) {
      yield [itemId, title, categories.join('|')].map(csvField).join(',');
    }
  });
}

/** Lines that are handed to the file at a time: some hundred kilobytes. */
const LINES_PER_WRITE = 10_000;

async function writeLines(path: string, lines: () => Iterable<string>): Promise<void> {
  function* blocks(): Generator<string> {
    let block: string[] = [];
    for (const line of lines()) {
      if (block.push(line) < LINES_PER_WRITE) continue;
      yield `${block.join('\n')}\n`;
      block = [];
    }
    if (block.length > 0) yield `${block.join('\n')}\n`;
  }
  try {
    await pipeline(blocks, createWriteStream(path));
  } catch (error) {
    throw new ShortlistError(
      'output-unwritable',
      `Cannot write ${path}: ${messageOf(error)}`,
      { path },
      { cause: error },
    );
  }
}
