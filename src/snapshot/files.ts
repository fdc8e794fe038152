import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { PackedStringsData } from '../base/numeric/packed-strings.js';
import { messageOf, ShortlistError } from '../errors.js';
import type { FileFacts } from './manifest.js';

/** Big enough for full disk speed, small enough to be hashed while it is in the cache. */
const CHUNK_BYTES = 1 << 18;

type NumericArray = Float32Array | Float64Array | Uint32Array | Uint16Array | Uint8Array;

/** Writes the files of a snapshot into one directory and keeps what the manifest needs to know of them. */
export class SnapshotFiles {
  readonly facts: Record<string, FileFacts> = {};

  constructor(readonly directory: string) {}

  /** Writes the bytes of an array as they are in memory (little-endian on every machine Node runs on). */
  async array(name: string, array: NumericArray): Promise<void> {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    await writeDurably(join(this.directory, name), bytes);
    const hash = createHash('sha256');
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) hash.update(bytes.subarray(at, at + CHUNK_BYTES));
    this.facts[name] = { bytes: bytes.length, sha256: hash.digest('hex') };
  }

  /** Writes a list of strings as it is in memory: in two files. */
  async strings(name: string, { units, starts }: PackedStringsData): Promise<void> {
    await this.array(`${name}.u16`, units);
    await this.array(`${name}-starts.u32`, starts);
  }

  /** Takes in a file that a library wrote into the directory by itself. */
  async adopt(name: string): Promise<void> {
    const hash = createHash('sha256');
    const file = await open(join(this.directory, name), 'r+');
    try {
      const bytes = (await file.stat()).size;
      const chunk = new Uint8Array(CHUNK_BYTES);
      for (let at = 0; at < bytes; ) {
        const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, at);
        if (bytesRead === 0) throw new Error('The file ended early.');
        hash.update(chunk.subarray(0, bytesRead));
        at += bytesRead;
      }
      await file.sync();
      this.facts[name] = { bytes, sha256: hash.digest('hex') };
    } finally {
      await file.close();
    }
  }
}

/** Writes a file and waits until the disk has it. */
export async function writeDurably(path: string, data: Uint8Array | string): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.writeFile(data);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Opening a named pipe would wait for a writer; where there is no such flag (Windows), there are no such pipes. */
const READ_FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** @throws {ShortlistError} `snapshot-damaged` for what is no file with a content of its own, such as a pipe or a device */
function checkRegular(path: string, stats: Stats): void {
  if (!stats.isFile()) throw damaged(path, `it is ${stats.isDirectory() ? 'a directory' : 'no regular file'}`);
}

/**
 * Reads a small file that no checksum is known of.
 * @param most bytes that it may have
 * @throws {ShortlistError} `snapshot-damaged` for what is no such file; what the system refuses, as it is
 */
export async function readSmall(path: string, most: number): Promise<string> {
  const file = await open(path, READ_FLAGS);
  try {
    const stats = await file.stat();
    checkRegular(path, stats);
    if (stats.size > most) throw damaged(path, `it has ${stats.size} bytes, expected at most ${most}`);
    const bytes = Buffer.alloc(stats.size);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = (await file.read(bytes, length, bytes.length - length, length)).bytesRead;
    }
    return bytes.toString('utf8', 0, length);
  } finally {
    await file.close();
  }
}

/**
 * Reads a file of a snapshot and checks its size and checksum on the way.
 * @param allocate gives the memory for that many bytes, once it is known that the file has them
 * @throws {ShortlistError} `snapshot-damaged`
 */
export function readVerified<Target extends Uint8Array>(
  directory: string,
  name: string,
  facts: FileFacts | undefined,
  allocate: (bytes: number) => Target,
): Target {
  const path = join(directory, name);
  if (!facts) throw damaged(path, 'the manifest does not list it');
  let file: number;
  try {
    file = openSync(path, READ_FLAGS);
  } catch (cause) {
    throw damaged(path, `it cannot be read (${messageOf(cause)})`);
  }
  try {
    const stats = fstatSync(file);
    checkRegular(path, stats);
    const { size } = stats;
    if (size !== facts.bytes) throw damaged(path, `it has ${size} bytes, the manifest says ${facts.bytes}`);
    const target = allocate(size);
    const hash = createHash('sha256');
    for (let at = 0; at < size; ) {
      const read = readSync(file, target, at, Math.min(CHUNK_BYTES, size - at), at);
      if (read === 0) throw damaged(path, `it ended after ${at} bytes, the manifest says ${facts.bytes}`);
      hash.update(target.subarray(at, at + read));
      at += read;
    }
    const sha256 = hash.digest('hex');
    if (sha256 !== facts.sha256) throw damaged(path, `its sha256 is ${sha256}, the manifest says ${facts.sha256}`);
    return target;
  } finally {
    closeSync(file);
  }
}

/** The error for a snapshot that must not be served. */
export function damaged(path: string, why: string): ShortlistError {
  return new ShortlistError(
    'snapshot-damaged',
    `The snapshot file ${path} is damaged: ${why}. Rebuild, or restore it from a backup.`,
    { path, why },
  );
}
