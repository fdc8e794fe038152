import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ARRAY, arrayValue, DuckDBDataChunk, FLOAT, VARCHAR } from '@duckdb/node-api';
import { makeDirectory } from '../../base/files/make-directory.js';
import { type Matrix, rowOf } from '../../base/numeric/matrix.js';
import { columnOf } from '../../base/tables/column-names.js';
import { type DuckDbSession, sqlName, sqlPath, sqlString, withDuckDb } from '../../base/tables/duckdb.js';
import { unreadable } from '../../base/tables/input-file.js';
import { messageOf, ShortlistError } from '../../errors.js';
import { type ExportedModel, type FactorTable, newFactors, type Side } from './factor-table.js';

/** How Spark names the parts of a saved ALSModel; ours are named so too. */
const PARQUET_FOLDERS: Readonly<Record<Side, string>> = { user: 'userFactors', item: 'itemFactors' };

/**
 * Reads factors from a Parquet file, from a folder of part files, or from the folder of a whole model as Spark's
 * `ALSModel.save` writes it: an id column, and one column with the list of numbers. Rows keep their order.
 * @throws ShortlistError `file-unreadable`, `file-empty`, `missing-column`, `factors-mismatched`
 */
export async function readParquetFactors(path: string, side: Side, isFolder: boolean): Promise<FactorTable> {
  const [name, parts] = isFolder ? await partsOf(path, side) : [path, [path]];
  return withDuckDb(async session => {
    try {
      return await readParts(session, name, side, parts);
    } catch (error) {
      if (error instanceof ShortlistError) throw error;
      throw unreadable(name, `it is damaged (${messageOf(error).split('\n')[0]})`, error);
    }
  });
}

/** The part files of a folder, in order of name: hidden files, checksums and `_SUCCESS` are none. */
async function partsOf(path: string, side: Side): Promise<[name: string, parts: string[]]> {
  const names = await readdir(path);
  const inner = PARQUET_FOLDERS[side];
  if (names.includes(inner)) return partsOf(join(path, inner), side);
  const parts = names.filter(name => /^[^._].*\.parquet$/.test(name)).sort();
  if (parts.length > 0) return [path, parts.map(part => join(path, part))];
  throw new ShortlistError(
    'file-empty',
    `The folder ${path} has no part files (*.parquet) and no folder ${inner}; expected what Spark's ALSModel.save writes.`,
    { file: path },
  );
}

async function readParts(
  session: DuckDbSession,
  name: string,
  side: Side,
  parts: readonly string[],
): Promise<FactorTable> {
  const files = `read_parquet([${parts.map(sqlPath).join(', ')}], binary_as_string = true)`;
  const described = await session.rows(`DESCRIBE SELECT * FROM ${files}`);
  const columns = described.map(([column, type]) => ({ name: String(column), type: String(type) }));
  const lists = columns.filter(({ type }) => /^(FLOAT|DOUBLE)\[\d*\]$/.test(type));
  const values = lists.find(column => column.name === 'features') ?? (lists.length === 1 ? lists[0] : undefined);
  const names = columns.map(column => column.name);
  const id = names.includes('id') ? 'id' : names[columnOf(side, names)];
  if (!values || id === undefined) {
    const shown = columns.map(column => `${column.name} ${column.type}`).join(', ');
    throw new ShortlistError(
      'missing-column',
      `${name} has the columns ${shown}; expected "id" and "features", a list of FLOAT or DOUBLE.`,
      { file: name, columns: names },
    );
  }
  await session.run(`CREATE TEMP TABLE factors AS SELECT ${sqlName(id)}::VARCHAR AS id,
    ${sqlName(values.name)}::FLOAT[] AS features FROM ${files}`);
  const rows = await session.number('SELECT count(*) FROM factors');
  const factors = newFactors(name, rows, await session.number('SELECT coalesce(max(len(features)), 0) FROM factors'));
  const [odd] = await session.rows(`SELECT rowid::INTEGER, id, len(features) FROM factors
    WHERE id IS NULL OR len(features) IS DISTINCT FROM ${factors.columns} ORDER BY rowid LIMIT 1`);
  if (odd) {
    const problem = odd[1] === null ? 'has no id' : `has ${odd[2] ?? 'no'} factors, others ${factors.columns}`;
    throw new ShortlistError('factors-mismatched', `${name}: row ${odd[0]} (counted from 0) ${problem}.`, {
      file: name,
      row: Number(odd[0]),
    });
  }
  await fetchValues(session, factors);
  return { name, factors, ids: await session.texts('SELECT id FROM factors ORDER BY rowid') };
}

/** A missing value becomes NaN, which is reported with the others of its kind. */
async function fetchValues(session: DuckDbSession, factors: Matrix): Promise<void> {
  const sql = `SELECT coalesce(value, 'NaN'::FLOAT) FROM (SELECT unnest(features) AS value FROM factors)`;
  let row = 0;
  let column = 0;
  for await (const [values = []] of session.numbers(sql)) {
    for (let i = 0; i < values.length; i++) {
      factors.data[row * factors.stride + column++] = values[i]!;
      if (column < factors.columns) continue;
      column = 0;
      row++;
    }
  }
}

/** As many as DuckDB takes in one chunk. Appended row by row, the lists took nine times as long. */
const ROWS_PER_CHUNK = 2048;

/**
 * Writes the folders `userFactors` and `itemFactors`, shaped like those of a saved Spark model but for the ids, which are
 * texts: rows of `id` and `features`, snappy.
 */
export async function writeParquet(directory: string, model: ExportedModel): Promise<void> {
  await writeFolder(join(directory, PARQUET_FOLDERS.user), model.userIds, model.userFactors);
  await writeFolder(join(directory, PARQUET_FOLDERS.item), model.itemIds, model.itemFactors);
}

async function writeFolder(folder: string, ids: readonly string[], factors: Matrix): Promise<void> {
  makeDirectory(folder);
  await withDuckDb(async session => {
    const features = ARRAY(FLOAT, factors.columns);
    await session.run(`CREATE TEMP TABLE factors (id VARCHAR, features ${features})`);
    const appender = await session.connection.createAppender('factors');
    const chunk = DuckDBDataChunk.create([VARCHAR, features]);
    for (let start = 0; start < ids.length; start += ROWS_PER_CHUNK) {
      const part = ids.slice(start, start + ROWS_PER_CHUNK);
      const rows = part.map((_, i) => arrayValue(Array.from(rowOf(factors, start + i))));
      chunk.setColumns([part, rows]);
      appender.appendDataChunk(chunk);
    }
    appender.closeSync();
    const part = sqlString(join(folder, 'part-00000.snappy.parquet'));
    await session.run(
      `COPY (SELECT id, features::FLOAT[] AS features FROM factors) TO ${part} (FORMAT parquet, COMPRESSION snappy)`,
    );
  });
  await writeFile(join(folder, '_SUCCESS'), '');
}
