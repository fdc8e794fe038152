import { open, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { withDuckDb } from '../../base/tables/duckdb.js';
import { openInputFile, unreadable } from '../../base/tables/input-file.js';
import { messageOf, ShortlistError } from '../../errors.js';
import { readCsvFactors } from './csv-factors.js';
import type { FactorTable, Side } from './factor-table.js';
import { npyFile, readNpyFactors } from './npy.js';
import { NPY_MAGIC } from './npy-header.js';
import { readNpzFactors } from './npz.js';
import { readParquetFactors } from './parquet-factors.js';

/**
 * Reads the factors of users or of items: .npy, .npz (`numpy.savez`, `implicit`), Parquet (a file, a folder of parts, the
 * folder of a Spark model) or CSV. What a file is, its first bytes say. One .npz or one model folder can hold both sides.
 * @throws ShortlistError `file-unreadable`, `file-empty`, `missing-column`, `bad-rows`, `factors-unsupported`,
 *   `factors-mismatched`, `out-of-memory`
 */
export async function readFactors(path: string, side: Side): Promise<FactorTable> {
  switch (await kindOf(path)) {
    case 'folder':
      return readParquetFactors(path, side, true);
    case 'parquet':
      return readParquetFactors(path, side, false);
    case 'npy':
      return { name: path, factors: await readNpyFactors(await npyFile(path)), ids: null };
    case 'npz':
      return readNpzFactors(path, side);
    case 'text':
      return withDuckDb(async ({ scratch }) => readCsvFactors(await openInputFile(path, scratch)));
  }
}

type FactorFileKind = 'folder' | 'parquet' | 'npy' | 'npz' | 'text';

/** First bytes of a zip archive: of a member, or of the end of one without members. */
const ZIP_MAGICS = ['PK\u0003\u0004', 'PK\u0005\u0006'];

async function kindOf(path: string): Promise<FactorFileKind> {
  let head: Uint8Array;
  try {
    const facts = await stat(path);
    if (facts.isDirectory()) return 'folder';
    if (!facts.isFile()) throw unreadable(path, 'it is not a regular file; save its content to a file first');
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read({ buffer: new Uint8Array(NPY_MAGIC.length), position: 0 });
      head = buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (cause instanceof ShortlistError) throw cause;
    throw unreadable(path, messageOf(cause), cause);
  }
  if (head.length === 0) throw new ShortlistError('file-empty', `${path} is empty.`, { file: path });
  const start = Buffer.from(head).toString('latin1', 0, 4);
  const ending = extname(path).toLowerCase();
  if (NPY_MAGIC.every((byte, i) => head[i] === byte) || ending === '.npy') return 'npy';
  if (ZIP_MAGICS.includes(start)) return 'npz';
  if (ending === '.npz')
    throw unreadable(path, 'it is not a zip archive, which .npz files are; save it with numpy.savez');
  return start === 'PAR1' ? 'parquet' : 'text';
}
