import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
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
    return required(name, 'it is a folder without files', await visible(paths, path => relative(name, path)));
  }
  const wildcard = name.search(/[*?[]/);
  if (facts !== undefined || wildcard === -1) return [name];
  const paths = await session.texts(`SELECT file FROM glob(${sqlString(name)})`);
  return required(
    name,
    'no file has this name or fits this pattern',
    await visible(paths, path => path.slice(name.lastIndexOf('/', wildcard) + 1)),
  );
}

function required(name: string, why: string, paths: readonly string[]): readonly string[] {
  if (paths.length === 0) throw unreadable(name, why);
  return paths;
}

/**
 * Sorted, without `.hidden`, `_SUCCESS`, `_temporary/…`, checksums, and files without a byte, as Spark writes them for
 * parts without rows.
 * @param partOf the part of a path that was not named itself
 */
async function visible(paths: readonly string[], partOf: (path: string) => string): Promise<string[]> {
  const shown: string[] = [];
  for (const path of paths) {
    if (/(^|\/)[._]|\.crc$/.test(partOf(path))) continue;
    const facts = await stat(path);
    if (facts.size > 0 || !facts.isFile()) shown.push(path);
  }
  return shown.sort();
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
