import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, link, open, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Opens a file for reading and for writing at its end. */
export const APPENDING = constants.O_RDWR | constants.O_APPEND;

/** Events tell what people did: others on the machine need not read them. */
export const PRIVATE_DIRECTORY = 0o700;
const PRIVATE_FILE = 0o600;

/** Undefined when there is no such file. */
export function openIfThere(path: string, flags: string | number): Promise<FileHandle | undefined> {
  return open(path, flags).catch(unless('ENOENT'));
}

/** Makes a file, unless there is one. Of several processes that do so at once one succeeds, and none sees half of it. */
export async function beginFile(path: string, content: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await writeFile(aside, content, { flush: true, mode: PRIVATE_FILE });
    await link(aside, path).catch(unless('EEXIST'));
  } finally {
    await rm(aside, { force: true });
  }
  const directory = await open(dirname(path), 'r');
  await directory.sync().finally(() => directory.close());
}

/** Finds out whether there is room for so many bytes beside a file. @throws what the system answers */
export async function tryRoom(path: string, bytes: number): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await writeFile(aside, Buffer.alloc(bytes), { flush: true, mode: PRIVATE_FILE });
  } finally {
    await rm(aside, { force: true });
  }
}

/** All bytes of a file from a position on. */
export async function restOf(file: FileHandle, position: number): Promise<Buffer> {
  const length = Math.max(0, (await file.stat()).size - position);
  const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(length), position, length });
  return buffer.subarray(0, bytesRead);
}

/**
 * Writes into the middle of a file, unless another one has taken its place.
 * @param appending the same file, opened for appending: what is written to that goes to the end wherever it should go
 */
export async function overwrite(path: string, appending: FileHandle, position: number, bytes: Buffer): Promise<void> {
  const file = await open(path, 'r+');
  try {
    if ((await file.stat()).ino !== (await appending.stat()).ino) return;
    await file.write(bytes, 0, bytes.length, position);
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** For `catch`: undefined for a failure with this code, which is expected. */
function unless(code: string): (error: NodeJS.ErrnoException) => undefined {
  return error => {
    if (error.code !== code) throw error;
  };
}
