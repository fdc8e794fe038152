import { createReadStream, createWriteStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { messageOf, ShortlistError } from '../../errors.js';

/** A file that exists, has content, and is text or Parquet. */
export interface InputFile {
  /** As the caller named it, for messages. */
  readonly name: string;
  /** Where the uncompressed content is. */
  readonly path: string;
  readonly kind: 'text' | 'parquet';
  /** First line of a text file without its line break; empty for Parquet. */
  readonly firstLine: string;
  /** True when some lines end in CRLF and some in LF, which DuckDB must know to count the lines correctly. */
  readonly mixedLineEnds: boolean;
}

/** Longest line that is accepted, in bytes. A row of ratings has some tens; the rest is room for other columns. */
export const MAX_LINE_BYTES = 2_000_000;

/**
 * Reads the first bytes of a file, and unpacks it into `scratch` where they are gzip's. Node unpacks because it
 * verifies length and checksum, which DuckDB does not: a file cut short would read as a shorter one.
 * @throws ShortlistError `file-unreadable` (missing, directory, damaged, not text) or `file-empty`
 */
export async function openInputFile(name: string, scratch: string): Promise<InputFile> {
  let head = await readHead(name, name, MAX_LINE_BYTES);
  let path = name;
  if (head[0] === 0x1f && head[1] === 0x8b) {
    path = join(scratch, `unpacked-${unpackedFiles++}`);
    try {
      await pipeline(createReadStream(name), createGunzip(), createWriteStream(path));
    } catch (error) {
      throw unreadable(name, `its gzip content is damaged (${messageOf(error)}); fetch or pack it again`, error);
    }
    head = await readHead(name, path, MAX_LINE_BYTES);
  }
  if (head.toString('latin1', 0, 4) === 'PAR1')
    return { name, path, kind: 'parquet', firstLine: '', mixedLineEnds: false };
  if (head.includes(0)) {
    throw unreadable(name, 'it is binary; expected CSV, TSV, "::"-separated text, Parquet, or gzip of text');
  }
  const text = head.toString('latin1');
  const mixedLineEnds = text.includes('\r\n') && /(^|[^\r])\n/.test(text);
  return { name, path, kind: 'text', firstLine: firstLineOf(name, head), mixedLineEnds };
}

/** Keeps the unpacked files of one process apart. */
let unpackedFiles = 0;

/**
 * The first bytes of a file.
 * @param name what messages call it
 * @throws ShortlistError `file-unreadable`, `file-empty`
 */
export async function readHead(name: string, path: string, bytes: number): Promise<Buffer> {
  try {
    const facts = await stat(path);
    if (facts.isDirectory()) throw unreadable(name, 'it is a directory; name the files in it');
    if (!facts.isFile()) throw unreadable(name, 'it is not a regular file; save its content to a file first');
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(bytes), position: 0 });
      if (bytesRead === 0) throw new ShortlistError('file-empty', `${name} is empty.`, { file: name });
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof ShortlistError) throw error;
    throw unreadable(name, messageOf(error), error);
  }
}

function firstLineOf(name: string, head: Buffer): string {
  const end = head.findIndex(byte => byte === 0x0a || byte === 0x0d);
  if (end === -1 && head.length === MAX_LINE_BYTES) {
    throw unreadable(name, `its first line is longer than ${MAX_LINE_BYTES} bytes; expected one row per line`);
  }
  const line = head.subarray(0, end === -1 ? head.length : end);
  return new TextDecoder('utf-8').decode(line);
}

/** The error for a file that cannot be used at all. */
export function unreadable(name: string, why: string, cause?: unknown): ShortlistError {
  return new ShortlistError('file-unreadable', `Cannot read ${name}: ${why}.`, { file: name }, { cause });
}
