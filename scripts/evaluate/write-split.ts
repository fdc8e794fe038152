import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { makeDirectory } from '../../src/base/files/make-directory.js';
import { writeWhole } from '../../src/base/files/temporary.js';
import type { Csr } from '../../src/base/numeric/sparse.js';
import { csvField } from '../../src/base/tables/text-line.js';
import { messageOf, ShortlistError } from '../../src/errors.js';
import type { EvaluationParts } from './parts.js';

/**
 * Writes what is trained on and what is tested on as `train.csv` and `test.csv` (userId, itemId, and rating or quantity and timestamp
 * where there are any), so that other systems can be given the same. `--train` and `--test` read them.
 * @throws ShortlistError `output-unwritable`
 */
export async function writeSplit(directory: string, { train, test }: EvaluationParts): Promise<void> {
  try {
    makeDirectory(directory);
    await writeRows(join(directory, 'train.csv'), train, train.byUser, train.timestamps);
    await writeRows(join(directory, 'test.csv'), train, test, null);
  } catch (cause) {
    throw new ShortlistError(
      'output-unwritable',
      `The split cannot be written to ${directory}: ${messageOf(cause)}. Give a directory that can be written, with space left.`,
      { path: directory },
      { cause },
    );
  }
}

type Ids = Pick<EvaluationParts['train'], 'users' | 'items' | 'rated' | 'valueKind'>;

function writeRows(path: string, ids: Ids, rows: Csr, timestamps: Float64Array | null): Promise<void> {
  return writeWhole(path, aside => pipeline(Readable.from(linesOf(ids, rows, timestamps)), createWriteStream(aside)));
}

/** The lines of one user at a time. */
function* linesOf(
  { users, items, rated, valueKind }: Ids,
  rows: Csr,
  timestamps: Float64Array | null,
): Generator<string> {
  const itemFields = items.ids.map(csvField);
  yield `${['userId', 'itemId', ...(rated ? [valueKind === 'quantities' ? 'quantity' : 'rating'] : []), ...(timestamps ? ['timestamp'] : [])].join()}\n`;
  for (const [user, id] of users.ids.entries()) {
    let lines = '';
    for (let e = rows.starts[user]!; e < rows.starts[user + 1]!; e++) {
      const value = rated ? `,${rows.values[e]}` : '';
      const time = timestamps ? `,${timestamps[e]}` : '';
      lines += `${csvField(id)},${itemFields[rows.indices[e]!]}${value}${time}\n`;
    }
    if (lines !== '') yield lines;
  }
}
