import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ARRAY, arrayValue, DuckDBDataChunk, FLOAT, VARCHAR } from '@duckdb/node-api';
import { type Matrix, rowOf } from '../../base/numeric/matrix.js';
import { sqlString, withDuckDb } from '../../base/tables/duckdb.js';
import type { ExportedModel } from './exported-model.js';
import { PARQUET_FOLDERS } from './parquet-factors.js';

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
  await mkdir(folder, { recursive: true });
  await withDuckDb(async ({ connection }) => {
    const features = ARRAY(FLOAT, factors.columns);
    await connection.run(`CREATE TEMP TABLE factors (id VARCHAR, features ${features})`);
    const appender = await connection.createAppender('factors');
    const chunk = DuckDBDataChunk.create([VARCHAR, features]);
    for (let start = 0; start < ids.length; start += ROWS_PER_CHUNK) {
      const part = ids.slice(start, start + ROWS_PER_CHUNK);
      const rows = part.map((_, i) => arrayValue(Array.from(rowOf(factors, start + i))));
      chunk.setColumns([part, rows]);
      appender.appendDataChunk(chunk);
    }
    appender.closeSync();
    const part = sqlString(join(folder, 'part-00000.snappy.parquet'));
    await connection.run(
      `COPY (SELECT id, features::FLOAT[] AS features FROM factors) TO ${part} (FORMAT parquet, COMPRESSION snappy)`,
    );
  });
  await writeFile(join(folder, '_SUCCESS'), '');
}
