import { extname } from 'node:path';
import { writeWhole } from '../../src/base/files/temporary.js';
import { sqlString, withDuckDb } from '../../src/base/tables/duckdb.js';
import { messageOf, ShortlistError } from '../../src/errors.js';
import type { Recommendation } from '../../src/recommend/recommendation.js';

/** File endings that a batch can be written to, and the options of DuckDB's COPY for each. */
const FORMATS: Readonly<Record<string, string>> = {
  '.parquet': 'FORMAT parquet, COMPRESSION zstd',
  '.csv': 'FORMAT csv, HEADER true',
  '.jsonl': 'FORMAT json',
};

/** Users between two chances for the event loop to take a signal or to show progress. */
const USERS_PER_TURN = 1_000;

/**
 * Writes one row per recommended item (userId, rank from 1, itemId, score, source, snapshot, certified), to CSV, JSON
 * Lines or Parquet by the ending of the path. The file appears whole or not at all.
 * @returns the number of users written
 * @throws {ShortlistError} `invalid-option` for another ending, `output-unwritable`
 */
export async function writeBatch(
  path: string,
  recommendations: Iterable<Recommendation & { userId: string }>,
  onProgress: (users: number) => void = () => {},
): Promise<number> {
  const format = formatOf(path);
  try {
    return await writeWhole(path, aside =>
      withDuckDb(async session => {
        await session.run(
          'CREATE TABLE batch ("userId" VARCHAR, "rank" INTEGER, "itemId" VARCHAR, score FLOAT, source VARCHAR, ' +
            'snapshot VARCHAR, certified BOOLEAN)',
        );
        const appender = await session.connection.createAppender('batch');
        let users = 0;
        for (const { userId, items, source, snapshot, retrieval } of recommendations) {
          items.forEach(({ itemId, score }, i) => {
            appender.appendVarchar(userId);
            appender.appendInteger(i + 1);
            appender.appendVarchar(itemId);
            appender.appendFloat(score);
            appender.appendVarchar(source);
            appender.appendVarchar(snapshot);
            appender.appendBoolean(retrieval.certified);
            appender.endRow();
          });
          if (++users % USERS_PER_TURN === 0) {
            onProgress(users);
            await new Promise(setImmediate);
          }
        }
        appender.closeSync();
        await session.run(`COPY batch TO ${sqlString(aside)} (${format})`);
        return users;
      }),
    );
  } catch (cause) {
    if (cause instanceof ShortlistError) throw cause;
    throw new ShortlistError(
      'output-unwritable',
      `The batch cannot be written to ${path}: ${messageOf(cause)}. Give a path in a directory that exists and can be written, with space left.`,
      { path },
      { cause },
    );
  }
}

/**
 * Refuses a path whose ending names no format.
 * @throws {ShortlistError} `invalid-option`
 */
export function formatOf(path: string): string {
  const format = FORMATS[extname(path).toLowerCase()];
  if (format) return format;
  throw new ShortlistError(
    'invalid-option',
    `--out must end in ${Object.keys(FORMATS).join(', ')} which names the format, got "${path}".`,
    { path },
  );
}
