import { createReadStream, createWriteStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { messageOf, ShortlistError } from '../../errors.js';
import { diskFull } from './disk-full.js';
import { jsonElements } from './json-elements.js';
import { countLines } from './line-count.js';
import { decoded, encodingOf, isMostlyUtf8, type TextEncoding, withLineFeeds } from './text-encoding.js';

/** A file that exists, has content, and is text, JSON or Parquet. */
export interface InputFile {
  /** As the caller named it, for messages. */
  readonly name: string;
  /** Where the content is: unpacked, and text as UTF-8 with lines that all end alike. */
  readonly path: string;
  /** JSON has one object on each line. */
  readonly kind: 'text' | 'json' | 'parquet';
  /** Packing and encoding, where they are not plain UTF-8, and the kind of JSON. */
  readonly format: readonly string[];
  /** First lines of a text file without their line breaks; empty for Parquet. */
  readonly head: readonly string[];
  /** True for UTF-8 with bytes in it that are none, each of which became U+FFFD. */
  readonly damaged: boolean;
  /** Lines of the text, counted by its bytes; undefined for Parquet. */
  readonly lines: number | undefined;
}

/** Longest line that is accepted, in bytes. A row of ratings has some tens; the rest is room for other columns. */
export const MAX_LINE_BYTES = 2_000_000;

/** The name that stands for standard input. */
export const STANDARD_INPUT = '-';

const BYTE_ORDER_MARK = Buffer.from('\ufeff');

/** Lines that are looked at to tell what a file is. */
const HEAD_LINES = 200;

/** First bytes of what users hand over for a table though it is none. */
const OTHER_KINDS: readonly (readonly [start: string, kind: string])[] = [
  ['PK\u0003\u0004', 'a zip archive or an Excel workbook; unpack it, or save the sheet as CSV'],
  ['\u00d0\u00cf\u0011\u00e0', 'an old Excel workbook; save the sheet as CSV'],
  ['\u0028\u00b5\u002f\u00fd', 'packed with zstd; unpack it first, or pack it with gzip'],
  ['BZh', 'packed with bzip2; unpack it first, or pack it with gzip'],
  ['\u00fd7zXZ', 'packed with xz; unpack it first, or pack it with gzip'],
  ['7z\u00bc\u00af', 'a 7z archive; unpack it first'],
  ['SQLite format 3', 'an SQLite database; export the table as CSV'],
];

/**
 * Opens a file for reading as a table. What it is, its first bytes say. Packed content, text in another encoding than
 * UTF-8 or with line ends of several kinds, JSON arrays, standard input and pipes are brought into `scratch` first. Node
 * unpacks because it verifies length and checksum, which DuckDB does not: a file cut short would read as a shorter one.
 * @param name of the file; `-` for standard input
 * @param isUtf8 whether a text of this name and first line is UTF-8, so that bytes in it that are none are damage
 * @throws ShortlistError `file-unreadable` (missing, directory, damaged, not text), `file-empty`, `disk-full`
 */
export async function openInputFile(
  name: string,
  scratch: string,
  isUtf8: (name: string, header: string) => boolean = () => false,
): Promise<InputFile> {
  const shown = name === STANDARD_INPUT ? 'standard input' : name;
  const format: string[] = [];
  let path = name;
  let head: Buffer;
  const rewrite = async (purpose: string, source: AsyncIterable<string | Buffer>, bytes?: number) => {
    path = await saveContent(shown, source, scratch, purpose, bytes);
    head = await readHead(shown, path, MAX_LINE_BYTES);
  };
  if (name === STANDARD_INPUT) await rewrite('hold standard input', standardInput());
  else if (await isPipe(name)) await rewrite(`hold the content of ${name}`, createReadStream(name));
  head ??= await readHead(shown, path, MAX_LINE_BYTES);
  if (head[0] === 0x1f && head[1] === 0x8b) {
    await rewrite(`unpack ${shown}`, unpacked(shown, path), await unpackedBytes(path));
    format.push('gzip');
  }
  if (head.toString('latin1', 0, 4) === 'PAR1') {
    return { name: shown, path, kind: 'parquet', format, head: [], damaged: false, lines: undefined };
  }

  const marked = encodingOf(head);
  const magic = head.toString('latin1', 0, 16);
  const other = OTHER_KINDS.find(([bytes]) => magic.startsWith(bytes))?.[1] ?? (marked ? undefined : 'binary');
  if (other) throw unreadable(shown, `it is ${other}. Expected CSV, TSV, JSON, Parquet, or gzip of one of them`);
  let count = marked === 'UTF-8' ? await countLines(path) : undefined;
  const damaged =
    count?.utf8 === false && (isUtf8(name, firstLineOf(head)) || (await isMostlyUtf8(createReadStream(path))));
  const encoding: TextEncoding = count?.utf8 === false && !damaged ? 'Windows-1252' : (marked ?? 'UTF-8');
  if (damaged) format.push('damaged UTF-8');
  if (encoding !== 'UTF-8') format.push(encoding);
  if (encoding !== 'UTF-8' || damaged || count?.mixedEnds) {
    await rewrite(`convert ${shown} to UTF-8`, decoded(createReadStream(path), encoding));
    count = undefined;
  }

  const kind = jsonKindOf(headLines(shown, head));
  if (kind !== undefined) format.push(kind);
  if (kind === 'JSON') {
    const cut = (elements: number): never => {
      throw unreadable(shown, `its JSON ends inside record ${elements + 1}; it was cut short, fetch it again`);
    };
    const start = head.indexOf(BYTE_ORDER_MARK) === 0 ? BYTE_ORDER_MARK.length : 0;
    await rewrite(`cut ${shown} into records`, jsonElements(createReadStream(path, { start }), cut));
    count = undefined;
  }
  const { lines } = count ?? (await countLines(path));
  return {
    name: shown,
    path,
    kind: kind === undefined ? 'text' : 'json',
    format,
    head: headLines(shown, head),
    damaged,
    lines,
  };
}

/** Whether a file is JSON, and if so whether its lines are objects. */
function jsonKindOf(lines: readonly string[]): 'JSON' | 'JSON Lines' | undefined {
  const filled = lines.map(line => line.trim()).filter(line => line !== '');
  const start = filled.slice(0, 2).join('');
  if (/^\[\s*([[{\]]|$)/.test(start)) return 'JSON';
  if (!/^\{\s*(["}]|$)/.test(start)) return undefined;
  return filled.some(isJson) ? 'JSON Lines' : 'JSON';
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return line.startsWith('{');
  } catch {
    return false;
  }
}

/** @throws ShortlistError when the first line has no end */
function headLines(name: string, head: Buffer): string[] {
  const lines = withLineFeeds(new TextDecoder().decode(head)).split('\n', HEAD_LINES + 1);
  const isWhole = head.length < MAX_LINE_BYTES;
  if (!isWhole && lines.length === 1) {
    throw unreadable(name, `its first line is longer than ${MAX_LINE_BYTES} bytes; expected one row per line`);
  }
  // The last one may be cut, or is what follows the last line end.
  return lines.slice(0, isWhole && lines.length <= HEAD_LINES && lines.at(-1) !== '' ? undefined : -1);
}

function firstLineOf(head: Buffer): string {
  return head.toString('latin1', 0, head.indexOf('\n')).trimEnd();
}

async function isPipe(name: string): Promise<boolean> {
  const facts = await stat(name).catch(() => undefined);
  return facts !== undefined && (facts.isFIFO() || facts.isCharacterDevice() || facts.isSocket());
}

let standardInputRead = false;

function standardInput(): AsyncIterable<Buffer> {
  if (standardInputRead) throw unreadable('standard input', 'it was read already; only one table can come from it');
  standardInputRead = true;
  return process.stdin;
}

/** @throws ShortlistError when the content is damaged */
async function* unpacked(name: string, path: string): AsyncGenerator<Buffer> {
  const packed = createReadStream(path);
  const gunzip = createGunzip();
  packed.on('error', error => gunzip.destroy(error));
  try {
    yield* packed.pipe(gunzip) as AsyncIterable<Buffer>;
  } catch (error) {
    throw unreadable(name, `its gzip content is damaged (${messageOf(error)}); fetch or pack it again`, error);
  } finally {
    packed.destroy();
  }
}

/** About how large packed content is, as its last four bytes say; undefined where that cannot be right. */
async function unpackedBytes(path: string): Promise<number | undefined> {
  const { size } = await stat(path);
  const file = await open(path);
  try {
    const { buffer } = await file.read({ buffer: Buffer.alloc(4), position: Math.max(0, size - 4) });
    const bytes = buffer.readUInt32LE();
    return bytes >= size ? bytes : undefined;
  } finally {
    await file.close();
  }
}

/** Keeps the files that one process writes apart. */
let savedFiles = 0;

/** Writes a file into `scratch`. @returns where it is */
export async function saveContent(
  name: string,
  source: AsyncIterable<string | Buffer>,
  scratch: string,
  purpose: string,
  bytes?: number,
): Promise<string> {
  const path = join(scratch, `content-${savedFiles++}`);
  try {
    await pipeline(source, createWriteStream(path));
    return path;
  } catch (error) {
    if (error instanceof ShortlistError) throw error;
    throw (await diskFull(error, scratch, purpose, bytes)) ?? unreadable(name, messageOf(error), error);
  }
}

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
      const room = Buffer.alloc(Math.min(bytes, facts.size));
      const { buffer, bytesRead } = await file.read({ buffer: room, position: 0 });
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

/** The error for a file that cannot be used at all. */
export function unreadable(name: string, why: string, cause?: unknown): ShortlistError {
  return new ShortlistError('file-unreadable', `Cannot read ${name}: ${why}.`, { file: name }, { cause });
}
