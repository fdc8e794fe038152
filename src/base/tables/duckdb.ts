import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';

/** An in-memory DuckDB with a scratch directory of its own. */
export interface DuckDbSession {
  readonly connection: DuckDBConnection;
  /** An empty directory that is deleted when the session ends; DuckDB spills here when memory runs short. */
  readonly scratch: string;
}

/** Runs `work` in a fresh session and leaves nothing behind, whether it succeeds or throws. */
export async function withDuckDb<T>(work: (session: DuckDbSession) => Promise<T>): Promise<T> {
  const scratch = await mkdtemp(join(tmpdir(), 'shortlist-'));
  try {
    const instance = await DuckDBInstance.create(':memory:', {
      temp_directory: join(scratch, 'spill'),
      // Reading a file must never reach for the network.
      autoinstall_known_extensions: 'false',
    });
    const connection = await instance.connect();
    try {
      // Times without an offset mean the same on every machine.
      await connection.run(`SET TimeZone = 'UTC'`);
      return await work({ connection, scratch });
    } finally {
      connection.closeSync();
      instance.closeSync();
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
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
