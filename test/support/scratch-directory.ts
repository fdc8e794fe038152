import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new empty directory. It is deleted with those of all tests when they have ended: see `global-setup.ts`. */
export function newDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'shortlist-test-'));
}

/** A directory for files of a test. @returns a function that writes a file and gives its path */
export function scratchDirectory(): (name: string, content: string | Uint8Array) => string {
  const directory = newDirectory();
  return (name, content) => {
    const path = join(directory, name);
    writeFileSync(path, content);
    return path;
  };
}
