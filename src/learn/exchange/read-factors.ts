import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { withDuckDb } from '../../base/tables/duckdb.js';
import { openInputFile, readHead, unreadable } from '../../base/tables/input-file.js';
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
  const isFolder = await stat(path).then(
    facts => facts.isDirectory(),
    () => false,
  );
  if (isFolder) return 'folder';
  const head = await readHead(path, path, NPY_MAGIC.length);
  const start = head.toString('latin1', 0, 4);
  const ending = extname(path).toLowerCase();
  if (NPY_MAGIC.every((byte, i) => head[i] === byte) || ending === '.npy') return 'npy';
  if (ZIP_MAGICS.includes(start)) return 'npz';
  if (ending === '.npz')
    throw unreadable(path, 'it is not a zip archive, which .npz files are; save it with numpy.savez');
  return start === 'PAR1' ? 'parquet' : 'text';
}
