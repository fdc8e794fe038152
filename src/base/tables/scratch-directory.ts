import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf, ShortlistError } from '../../errors.js';
import { removeLeftovers, withTemporary } from '../files/temporary.js';

/**
 * Runs `work` with a new directory, which is deleted when it ends or throws, or the process exits before that.
 * @throws {ShortlistError} `output-unwritable`
 */
export async function withScratchDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const parent = tmpdir();
  removeLeftovers(parent, name => /^shortlist-(\d+)-/.exec(name)?.[1]);
  return withTemporary(makeScratchDirectory(parent), work);
}

function makeScratchDirectory(parent: string): string {
  try {
    return mkdtempSync(join(parent, `shortlist-${process.pid}-`));
  } catch (cause) {
    throw new ShortlistError(
      'output-unwritable',
      `Temporary files cannot be written to ${parent}: ${messageOf(cause)}. Name another directory in the variable TMPDIR.`,
      { path: parent },
      { cause },
    );
  }
}
