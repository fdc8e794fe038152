import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf, ShortlistError } from '../../errors.js';
import { uniqueTag } from '../files/process-tag.js';
import { removeLeftovers, withTemporary } from '../files/temporary.js';

/**
 * Runs `work` with a new directory, which nobody else may read, and which is deleted when it ends or throws, or the process
 * exits before that.
 * @throws {ShortlistError} `output-unwritable`
 */
export async function withScratchDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const parent = tmpdir();
  await removeLeftovers(parent, name => /^shortlist-\d+-/.test(name));
  let isMade = false;
  try {
    return await withTemporary(join(parent, `shortlist-${uniqueTag()}`), directory => {
      mkdirSync(directory, 0o700);
      isMade = true;
      return work(directory);
    });
  } catch (cause) {
    if (isMade) throw cause;
    throw new ShortlistError(
      'output-unwritable',
      `Temporary files cannot be written to ${parent}: ${messageOf(cause)}. Name another directory in the variable TMPDIR.`,
      { path: parent },
      { cause },
    );
  }
}
