import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Matrix } from '../../base/numeric/matrix.js';
import { columnOf } from '../../base/tables/column-names.js';
import { type DuckDbSession, sqlName, sqlPath, withDuckDb } from '../../base/tables/duckdb.js';
import { unreadable } from '../../base/tables/input-file.js';
import { messageOf, ShortlistError } from '../../errors.js';
import type { FactorTable, Side } from './factor-table.js';
import { newFactors } from './new-factors.js';

/** How Spark names the parts of a saved ALSModel; ours are named so too. */
export const PARQUET_FOLDERS: Readonly<Record<Side, string>> = { user: 'userFactors', item: 'itemFactors' };

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
  { connection }: DuckDbSession,
  name: string,
  side: Side,
  parts: readonly string[],
): Promise<FactorTable> {
  const files = `read_parquet([${parts.map(sqlPath).join(', ')}], binary_as_string = true)`;
  const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${files}`);
  const columns = described.getRows().map(([column, type]) => ({ name: String(column), type: String(type) }));
  const lists = columns.filter(({ type }) => /^(FLOAT|DOUBLE)\[\d*\]$/.test(type));
  const values = lists.find(column => column.name === 'features') ?? (lists.length === 1 ? lists[0] : undefined);
  const id = columns.find(column => column.name === 'id') ?? columns[columnOf(side, names(columns))];
  if (!values || !id) {
    const shown = columns.map(column => `${column.name} ${column.type}`).join(', ');
    throw new ShortlistError(
      'missing-column',
      `${name} has the columns ${shown}; expected "id" and "features", a list of FLOAT or DOUBLE.`,
      { file: name, columns },
    );
  }
  await connection.run(`CREATE TEMP TABLE factors AS SELECT ${sqlName(id.name)}::VARCHAR AS id,
    ${sqlName(values.name)}::FLOAT[] AS features FROM ${files}`);
  const size = (
    await connection.runAndReadAll(`SELECT count(*), coalesce(max(len(features)), 0) FROM factors`)
  ).getRows();
  const factors = newFactors(name, Number(size[0]?.[0]), Number(size[0]?.[1]));
  const odd = await connection.runAndReadAll(`SELECT rowid::INTEGER, id, len(features) FROM factors
    WHERE id IS NULL OR len(features) IS DISTINCT FROM ${factors.columns} ORDER BY rowid LIMIT 1`);
  const [first] = odd.getRows();
  if (first) {
    const problem = first[1] === null ? 'has no id' : `has ${first[2] ?? 'no'} factors, others ${factors.columns}`;
    throw new ShortlistError('factors-mismatched', `${name}: row ${first[0]} (counted from 0) ${problem}.`, {
      file: name,
      row: first[0],
    });
  }
  await fetchValues(connection, factors);
  const ids = await connection.runAndReadAll('SELECT id FROM factors ORDER BY rowid');
  return { name, factors, ids: ids.getColumns()[0]?.map(String) ?? [] };
}

/** A missing value becomes NaN, which is reported with the others of its kind. */
async function fetchValues(connection: DuckDbSession['connection'], factors: Matrix): Promise<void> {
  const result = await connection.stream(
    `SELECT coalesce(value, 'NaN'::FLOAT) FROM (SELECT unnest(features) AS value FROM factors)`,
  );
  let row = 0;
  let column = 0;
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    // Not by the declared interface, which hands out one value at a time.
    const { items } = chunk.getColumnVector(0) as unknown as { readonly items: Float32Array };
    for (let i = 0; i < chunk.rowCount; i++) {
      factors.data[row * factors.stride + column++] = items[i]!;
      if (column < factors.columns) continue;
      column = 0;
      row++;
    }
  }
}

function names(columns: readonly { readonly name: string }[]): string[] {
  return columns.map(({ name }) => name);
}
