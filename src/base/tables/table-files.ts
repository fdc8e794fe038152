import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type DuckDbSession, sqlString } from './duckdb.js';
import { STANDARD_INPUT, unreadable } from './input-file.js';

/** A file of a table. */
export interface TableFile {
  readonly name: string;
  /** Columns that folders on its path name, as Hive does: `event_type=purchase/part-0.parquet`; null for no value. */
  readonly partitions: ReadonlyMap<string, string | null>;
}

/**
 * The files that names stand for: a file; a folder, with all that lies in it; a pattern with `*`, `**`, `?` or `[…]` that
 * is not itself the name of a file; `-` for standard input. Files of a folder or pattern come sorted by name, without
 * hidden ones and what Spark, Hadoop and the like put beside their parts.
 * @throws ShortlistError `file-unreadable` for a folder or pattern without files
 */
export async function tableFiles(names: readonly string[], session: DuckDbSession): Promise<TableFile[]> {
  const files: TableFile[] = [];
  for (const name of names) {
    for (const path of await pathsOf(name, session)) files.push({ name: path, partitions: partitionsOf(path) });
  }
  return files;
}

async function pathsOf(name: string, session: DuckDbSession): Promise<readonly string[]> {
  if (name === STANDARD_INPUT) return [name];
  const facts = await stat(name).catch(() => undefined);
  if (facts?.isDirectory()) {
    const within = await readdir(name, { recursive: true, withFileTypes: true });
    const paths = within
      .filter(entry => !entry.isDirectory())
      .map(entry => join(entry.parentPath ?? entry.path, entry.name));
    return required(name, 'it is a folder without files', visible(paths, join(name, '/').length));
  }
  const wildcard = name.search(/[*?[]/);
  if (facts !== undefined || wildcard === -1) return [name];
  const paths = await session.texts(`SELECT file FROM glob(${sqlString(name)})`);
  return required(
    name,
    'no file has this name or fits this pattern',
    visible(paths, name.lastIndexOf('/', wildcard) + 1),
  );
}

function required(name: string, why: string, paths: readonly string[]): readonly string[] {
  if (paths.length === 0) throw unreadable(name, why);
  return paths;
}

/** Sorted, without `.hidden`, `_SUCCESS`, `_temporary/…` and checksums. @param start where the part that counts begins */
function visible(paths: readonly string[], start: number): string[] {
  const isHidden = (path: string) => /(^|\/)[._]|\.crc$/.test(path.slice(start));
  return paths.filter(path => !isHidden(path)).sort();
}

/** What Hive writes for a missing value. */
const NO_VALUE = '__HIVE_DEFAULT_PARTITION__';

function partitionsOf(path: string): Map<string, string | null> {
  const pairs = path
    .split('/')
    .slice(0, -1)
    .flatMap(folder => {
      const [, key, value] = /^([^=]+)=(.*)$/.exec(folder) ?? [];
      return key === undefined || value === undefined
        ? []
        : [[key, value === NO_VALUE ? null : unescaped(value)] as const];
    });
  return new Map(pairs);
}

function unescaped(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
