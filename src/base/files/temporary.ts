import { accessSync, constants, readdirSync, rmSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Runs `work` with a path where it may make a file or a directory: what is there when it ends or throws, or when the
 * process exits before that, is deleted.
 */
export async function withTemporary<T>(path: string, work: (path: string) => Promise<T>): Promise<T> {
  temporary.add(path);
  try {
    return await work(path);
  } finally {
    removeIfPossible(path);
    temporary.delete(path);
  }
}

/** What has to go when the process exits. */
const temporary = new Set<string>();
process.once('exit', () => {
  for (const path of temporary) removeIfPossible(path);
});

/**
 * Makes a file or a directory that appears whole or not at all: it is written beside its place and then renamed. What
 * killed processes left beside it is deleted. Where nothing can be written there, it throws before the work begins.
 */
export async function writeWhole<T>(path: string, write: (aside: string) => Promise<T>): Promise<T> {
  const place = path.replace(/(?<=.)[\\/]+$/, '');
  const start = `${basename(place)}.`;
  accessSync(dirname(place), constants.W_OK);
  removeLeftovers(dirname(place), name =>
    name.startsWith(start) ? PART.exec(name.slice(start.length))?.[1] : undefined,
  );
  return withTemporary(`${place}.${process.pid}.part`, async aside => {
    const result = await write(aside);
    await rename(aside, place);
    return result;
  });
}

const PART = /^(\d+)\.part$/;

/**
 * Deletes what processes that were killed could not: everything in a directory whose name tells the number of a process
 * that is no longer there.
 * @param ownerOf the number in a name, undefined for names of other things
 */
export function removeLeftovers(directory: string, ownerOf: (name: string) => string | undefined): void {
  for (const name of namesIn(directory)) {
    const owner = Number(ownerOf(name) ?? 0);
    if (owner > 0 && !isAlive(owner)) removeIfPossible(join(directory, name));
  }
}

/** Where it cannot be deleted, there is nothing to be done about it, and whatever was going on matters more. */
function removeIfPossible(path: string): void {
  try {
    // Threads of DuckDB may still be writing into it.
    rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
  } catch {}
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
