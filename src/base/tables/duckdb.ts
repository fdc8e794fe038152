import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance, type DuckDBValue } from '@duckdb/node-api';
import { messageOf, ShortlistError } from '../../errors.js';
import { diskFull } from './disk-full.js';
import { withScratchDirectory } from './scratch-directory.js';

/** An in-memory DuckDB with a scratch directory of its own. */
export class DuckDbSession {
  /**
   * @param scratch an empty directory that is deleted when the session ends; DuckDB spills here when memory runs short
   */
  constructor(
    readonly connection: DuckDBConnection,
    readonly scratch: string,
  ) {}

  /** Runs statements that have no result. */
  async run(sql: string): Promise<void> {
    await this.connection.run(sql);
  }

  /** All rows of a small result. */
  async rows(sql: string): Promise<DuckDBValue[][]> {
    return (await this.connection.runAndReadAll(sql)).getRows();
  }

  /** The one number that a query gives. */
  async number(sql: string): Promise<number> {
    return Number((await this.rows(sql))[0]?.[0]);
  }

  /** The one column of texts that a query gives. */
  async texts(sql: string): Promise<string[]> {
    return (await this.connection.runAndReadAll(sql)).getColumns()[0]?.map(String) ?? [];
  }

  /**
   * The columns of a result that is numbers without nulls, chunk by chunk, as the client holds them. Its declared
   * interface hands out one value at a time, which for ten million rows takes as long as all the rest.
   */
  async *numbers(sql: string): AsyncGenerator<ArrayLike<number>[]> {
    const result = await this.connection.stream(sql);
    for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
      const vectors = Array.from({ length: chunk.columnCount }, (_, column) => chunk?.getColumnVector(column));
      yield vectors.map(vector => (vector as unknown as { readonly items: ArrayLike<number> }).items);
    }
  }
}

/** Runs `work` in a new session and leaves no files, whether it succeeds or throws. */
export async function withDuckDb<T>(work: (session: DuckDbSession) => Promise<T>): Promise<T> {
  return withScratchDirectory(async scratch => {
    const instance = await DuckDBInstance.create(':memory:', {
      temp_directory: join(scratch, 'spill'),
      // Reading a file must never reach for the network.
      autoinstall_known_extensions: 'false',
    });
    const connection = await instance.connect();
    // A process that exits waits for the query that is running.
    const interrupt = () => connection.interrupt();
    process.prependOnceListener('exit', interrupt);
    try {
      // Times without an offset mean the same on every machine.
      await connection.run(`SET TimeZone = 'UTC'`);
      return await work(new DuckDbSession(connection, scratch));
    } catch (error) {
      throw (await spillFull(error, scratch)) ?? error;
    } finally {
      process.off('exit', interrupt);
      connection.closeSync();
      instance.closeSync();
    }
  });
}

/** DuckDB's error, or that of a reader around it, when the scratch directory has no room for what exceeds memory. */
async function spillFull(error: unknown, scratch: string): Promise<ShortlistError | undefined> {
  const cause = error instanceof ShortlistError ? error.cause : error;
  const message = messageOf(cause);
  if (!message.includes(scratch) && !message.includes('max_temp_directory_size')) return undefined;
  return diskFull(cause, scratch, 'hold what does not fit into memory');
}

/** A SQL string literal. */
export function sqlString(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A SQL string literal for a path that a DuckDB reader takes as it is, not as a pattern. */
export function sqlPath(path: string): string {
  return sqlString(path.replace(/[*?[]/g, '[$&]'));
}

/** A quoted SQL identifier. */
export function sqlName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
