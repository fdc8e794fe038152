import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Makes a directory, with those above it, unless it is there. Node's own recursive `mkdir` never ends where a directory
 * that exists answers that there is no such place, as `/proc` does.
 * @param mode permissions of the directory, where it is made, such as 0o700. Default: as the umask leaves them, which
 *   holds for those above it too.
 * @throws what the system answers
 */
export function makeDirectory(path: string, mode = 0o777): void {
  const directory = resolve(path);
  try {
    mkdirSync(directory, mode);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && statSync(directory, { throwIfNoEntry: false })?.isDirectory()) return;
    const parent = dirname(directory);
    if (code !== 'ENOENT' || existsSync(parent)) throw error;
    makeDirectory(parent);
    makeDirectory(directory, mode);
  }
}
