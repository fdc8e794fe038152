import { statfs } from 'node:fs/promises';

/** Bytes that this user may still write in a directory, or undefined where the system does not tell. */
export async function freeBytes(directory: string): Promise<number | undefined> {
  try {
    const { blocks, bavail, bsize } = await statfs(directory);
    // Some network file systems report nothing but zeros.
    return blocks > 0 && bsize > 0 ? bavail * bsize : undefined;
  } catch {
    return undefined;
  }
}
