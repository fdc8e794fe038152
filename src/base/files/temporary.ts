import { accessSync, constants, readdirSync, renameSync, rmSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ShortlistError } from '../../errors.js';
import { type Claim, claim, isAbandoned, isLock, lockOf, SILENCE_HOURS } from './claim.js';
import { tagIn, uniqueTag } from './process-tag.js';

/**
 * Runs `work` with a path where it may make a file or a directory: what is there when it ends or throws, or when the
 * process exits before that, is deleted. Until then no other process takes it for a leftover.
 * @param path with a part by `uniqueTag`
 * @throws {ShortlistError} `output-unwritable` where the path was taken away nevertheless
 */
export async function withTemporary<T>(path: string, work: (path: string, own: Claim) => Promise<T>): Promise<T> {
  temporary.add(path);
  let own: Claim | undefined;
  try {
    own = await claim(path);
    return await work(path, own);
  } catch (cause) {
    throw own && !own.isHeld() ? takenAway(path, cause) : cause;
  } finally {
    removeIfPossible(path);
    own?.release();
    temporary.delete(path);
  }
}

/**
 * Runs `work` while a file says to others that this process needs what the name tells; where nothing can be written there,
 * without it.
 * @param path with a part by `uniqueTag`
 */
export async function withClaim<T>(path: string, work: () => Promise<T>): Promise<T> {
  temporary.add(path);
  const own = await claim(path).catch(() => undefined);
  try {
    if (own) await writeFile(path, '', { mode: 0o600 }).catch(() => {});
    return await work();
  } finally {
    removeIfPossible(path);
    own?.release();
    temporary.delete(path);
  }
}

/**
 * Renames to its place what was made in a temporary path, unless that was taken away: then half of it may be gone.
 * @throws {ShortlistError} `output-unwritable`
 */
export async function putInPlace(path: string, place: string, own: Claim): Promise<void> {
  if (!own.isHeld()) throw takenAway(path);
  await rename(path, place);
}

function takenAway(path: string, cause?: unknown): ShortlistError {
  return new ShortlistError(
    'output-unwritable',
    `${path} was deleted while it was being written: by hand, or by a process on another machine that had heard nothing ` +
      `of this one for ${SILENCE_HOURS} hours. Nothing else was changed. Run it again.`,
    { path },
    { cause },
  );
}

/** What has to go when the process exits. */
const temporary = new Set<string>();
process.once('exit', () => {
  for (const path of temporary) {
    removeIfPossible(path);
    removeIfPossible(lockOf(path));
  }
});

/**
 * Makes a file or a directory that appears whole or not at all: it is written beside its place and then renamed. What
 * killed processes left beside it is deleted. Where nothing can be written there, it throws before the work begins.
 * Permissions are as the umask leaves them: it is for files that somebody asked for.
 */
export async function writeWhole<T>(path: string, write: (aside: string) => Promise<T>): Promise<T> {
  const place = path.replace(/(?<=.)[\\/]+$/, '');
  const start = `${basename(place)}.`;
  accessSync(dirname(place), constants.W_OK);
  await removeLeftovers(dirname(place), name => name.startsWith(start) && PART.test(name.slice(start.length)));
  return withTemporary(`${place}.${uniqueTag()}.part`, async (aside, own) => {
    const result = await write(aside);
    await putInPlace(aside, place, own);
    return result;
  });
}

/** Earlier versions had the number of a process alone. */
const PART = /^\d+[-\da-f]*\.part$/;

/** Suffix of what is being deleted. */
const GONE = '.gone';

/**
 * Deletes what processes that were killed could not.
 * @param isTemporary tells by its name what was made with `withTemporary`, for one purpose
 */
export async function removeLeftovers(directory: string, isTemporary: (name: string) => boolean): Promise<void> {
  const names = namesIn(directory).map(name => name.replace(/\.gone$/, ''));
  for (const name of new Set(names.filter(isTemporary))) await removeIfAbandoned(join(directory, name));
  // The lock of something of another purpose tells about it still.
  const left = namesIn(directory);
  for (const name of left.filter(isLock)) {
    const tag = tagIn(name)?.text ?? name;
    if (!left.some(other => other !== name && other.includes(tag))) await removeIfAbandoned(join(directory, name));
  }
}

async function removeIfAbandoned(path: string): Promise<void> {
  if (await isAbandoned(path)) takeAway(path);
}

/**
 * Should its writer be there after all, it finds the whole of it gone, not a part, or has put it in its place just before.
 */
function takeAway(path: string): void {
  removeIfPossible(lockOf(path));
  try {
    renameSync(path, path + GONE);
  } catch {}
  removeIfPossible(path + GONE);
}

/** Where it cannot be deleted, there is nothing to be done about it, and whatever was going on matters more. */
function removeIfPossible(path: string): void {
  try {
    // Threads of DuckDB may still be writing into it.
    rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
  } catch {}
}

/** None where they cannot be read. */
function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
