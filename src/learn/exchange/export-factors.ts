import { readdir } from 'node:fs/promises';
import { extname } from 'node:path';
import { writeWhole } from '../../base/files/temporary.js';
import { messageOf, ShortlistError } from '../../errors.js';
import type { ExportedModel } from './factor-table.js';
import { writeNpz } from './npz.js';
import { writeParquet } from './parquet-factors.js';

/**
 * Writes factors and ids to a .npz file (replaced if it exists) or, where the path has no ending, as Parquet folders into
 * a new directory. Either appears whole or not at all.
 * @throws ShortlistError `output-unwritable`
 */
export async function exportFactors(path: string, model: ExportedModel): Promise<void> {
  const format = exportFormatOf(path);
  try {
    if (format === 'parquet' && (await contentOf(path)).length > 0) throw new Error('it exists and is not empty');
    await writeWhole(path, aside => (format === 'npz' ? writeNpz(aside, model) : writeParquet(aside, model)));
  } catch (cause) {
    throw new ShortlistError(
      'output-unwritable',
      `The factors cannot be written to ${path}: ${messageOf(cause)}. Give a new path in a directory that can be written, with space left.`,
      { path },
      { cause },
    );
  }
}

/**
 * The format that a path stands for.
 * @throws ShortlistError `invalid-option` for another ending
 */
export function exportFormatOf(path: string): 'npz' | 'parquet' {
  const ending = extname(path).toLowerCase();
  if (ending === '.npz') return 'npz';
  if (ending === '') return 'parquet';
  throw new ShortlistError(
    'invalid-option',
    `\`out\` must end in .npz, or be a directory (a name without an ending) for Parquet, got "${path}".`,
    { path },
  );
}

/** What a directory holds; nothing when it is not there. A file in its place is an error. */
async function contentOf(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
