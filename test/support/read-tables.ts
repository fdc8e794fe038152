import { join } from 'node:path';
import { withDuckDb } from '../../src/base/tables/duckdb.js';
import type { FileReading } from '../../src/base/tables/file-reading.js';
import { loadUsableRows } from '../../src/base/tables/usable-rows.js';
import { newDirectory } from './scratch-directory.js';

/** The columns of a table that are read, in the order in which files without a header hold them. */
export const READ_COLUMNS = ['user', 'item', 'rating', 'timestamp'] as const;

/** What is read of tables, as the texts that stand there: for each file what became of it, its good rows, its bad ones. */
export interface TablesRead {
  readonly readings: readonly FileReading[];
  readonly rows: readonly (readonly unknown[])[][];
  readonly bad: readonly (readonly [line: number, reason: string])[][];
}

/** Reads tables apart from what a value may be, all in one session. */
export async function readTables(
  names: readonly string[],
  {
    headerless = false,
    required = ['user', 'item'],
  }: { headerless?: boolean; required?: readonly (typeof READ_COLUMNS)[number][] } = {},
): Promise<TablesRead> {
  return withDuckDb(async session => {
    const readings = await loadUsableRows(
      session,
      names,
      { positions: READ_COLUMNS, required, named: {}, headerless },
      join(newDirectory(), 'rejects.csv'),
      columns => ({
        columns: Object.fromEntries(
          READ_COLUMNS.map(role => [`${role}_text`, columns[role] === undefined ? 'NULL::VARCHAR' : `"${role}"`]),
        ),
        problems: [],
      }),
    );
    const texts = READ_COLUMNS.map(role => `${role}_text`).join(', ');
    const rows: unknown[][][] = readings.map(() => []);
    for (const [file, ...row] of await session.rows(
      `SELECT (position >> 40)::INTEGER, ${texts} FROM usable ORDER BY position`,
    )) {
      rows[Number(file)]?.push(row);
    }
    const bad: [number, string][][] = readings.map(() => []);
    for (const [file, line, reason] of await session.rows(
      'SELECT (position >> 40)::INTEGER, line::INTEGER, reason FROM bad ORDER BY position',
    )) {
      bad[Number(file)]?.push([Number(line), String(reason)]);
    }
    return { readings, rows, bad };
  });
}
