import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Matrix } from '../../base/numeric/matrix.js';
import { unreadable } from '../../base/tables/input-file.js';
import { ShortlistError } from '../../errors.js';
import { ByteQueue } from './byte-queue.js';
import { newFactors } from './factor-table.js';
import { type NpyHeader, npyHeader, readNpyHeader } from './npy-header.js';

/** The bytes of a .npy file, on disk or inside an archive. */
export interface NpySource {
  /** For messages. */
  readonly name: string;
  /** Bytes in all. */
  readonly size: number;
  open(): AsyncIterable<Uint8Array>;
}

/** A .npy file on disk. */
export async function npyFile(path: string): Promise<NpySource> {
  return { name: path, size: (await stat(path)).size, open: () => createReadStream(path) };
}

/** Values are read in blocks of about this many bytes. */
const BLOCK_BYTES = 1 << 20;

/** Rows that are written at a time. */
const ROWS_PER_CHUNK = 4096;

/** Reads values of one type: how long one is, and how the bytes of some become numbers. */
interface FloatType {
  readonly bytes: number;
  view(bytes: Uint8Array<ArrayBuffer>): Float32Array | Float64Array;
}

const FLOAT_TYPES: Readonly<Record<string, FloatType>> = {
  '<f4': { bytes: 4, view: ({ buffer }) => new Float32Array(buffer) },
  '<f8': { bytes: 8, view: ({ buffer }) => new Float64Array(buffer) },
};

/**
 * Reads factors: a two-dimensional array of float32, or of float64, which is rounded to float32.
 * @throws ShortlistError `file-unreadable`, `file-empty`, `factors-unsupported`, `out-of-memory`
 */
export async function readNpyFactors(source: NpySource): Promise<Matrix> {
  return withValues(source, async ({ descr, shape }, bytes) => {
    const type = FLOAT_TYPES[descr];
    if (!type) throw unsupportedType(source.name, descr, "float32 or float64; save x.astype('float32')");
    const [rows, columns] = shape;
    if (rows === undefined || columns === undefined || shape.length > 2) {
      throw new ShortlistError(
        'factors-unsupported',
        `${source.name} has shape (${shape.join(', ')}); expected two dimensions, rows and factors.`,
        { file: source.name, shape },
      );
    }
    checkSize(source, bytes.taken, rows * columns * type.bytes);
    const factors = newFactors(source.name, rows, columns);
    const rowsPerBlock = Math.max(1, Math.floor(BLOCK_BYTES / (columns * type.bytes)));
    for (let row = 0; row < rows; row += rowsPerBlock) {
      const count = Math.min(rowsPerBlock, rows - row);
      const values = type.view(await takeWhole(source, bytes, count * columns * type.bytes));
      for (let r = 0; r < count; r++) {
        factors.data.set(values.subarray(r * columns, (r + 1) * columns), (row + r) * factors.stride);
      }
    }
    return factors;
  });
}

/**
 * Reads ids: a one-dimensional array of texts (NumPy's `<U…`) or of whole numbers.
 * @throws ShortlistError `file-unreadable`, `factors-unsupported`
 */
export async function readNpyIds(source: NpySource): Promise<string[]> {
  return withValues(source, async ({ descr, shape }, bytes) => {
    const type = idType(descr);
    if (!type) throw unsupportedType(source.name, descr, "texts or whole numbers; save x.astype('str')");
    const [count] = shape;
    if (count === undefined || shape.length > 1) {
      throw unreadable(source.name, `it has shape (${shape.join(', ')}); expected one dimension, an id for each row`);
    }
    checkSize(source, bytes.taken, count * type.bytes);
    const ids: string[] = [];
    const perBlock = Math.max(1, Math.floor(BLOCK_BYTES / Math.max(1, type.bytes)));
    while (ids.length < count) {
      const wanted = Math.min(perBlock, count - ids.length);
      const block = await takeWhole(source, bytes, wanted * type.bytes);
      for (let i = 0; i < wanted; i++) {
        ids.push(type.idOf(new DataView(block.buffer, i * type.bytes, type.bytes), source.name));
      }
    }
    return ids;
  });
}

function idType(descr: string): { bytes: number; idOf(value: DataView, name: string): string } | undefined {
  const [, kind, size = ''] = /^[<|]([Uiu])(\d+)$/.exec(descr) ?? [];
  const width = Number(size);
  if (kind === 'U') return { bytes: 4 * width, idOf: textOf };
  const isSigned = kind === 'i';
  if (kind === undefined || ![1, 2, 4, 8].includes(width)) return undefined;
  return {
    bytes: width,
    idOf(value) {
      if (width === 8) return String(isSigned ? value.getBigInt64(0, true) : value.getBigUint64(0, true));
      if (width === 4) return String(isSigned ? value.getInt32(0, true) : value.getUint32(0, true));
      if (width === 2) return String(isSigned ? value.getInt16(0, true) : value.getUint16(0, true));
      return String(isSigned ? value.getInt8(0) : value.getUint8(0));
    },
  };
}

/** Texts are UTF-32, filled up with zeros. */
function textOf(value: DataView, name: string): string {
  let text = '';
  for (let at = 0; at < value.byteLength; at += 4) {
    const point = value.getUint32(at, true);
    if (point === 0) break;
    if (point > 0x10ffff) throw unreadable(name, `it holds a character ${point} that does not exist: it is damaged`);
    text += String.fromCodePoint(point);
  }
  return text;
}

/** Factors as the bytes of a .npy file of float32. */
export function* npyFactors({ rows, columns, stride, data }: Matrix): Generator<Uint8Array> {
  yield npyHeader({ descr: '<f4', shape: [rows, columns] });
  for (let start = 0; start < rows; start += ROWS_PER_CHUNK) {
    const count = Math.min(ROWS_PER_CHUNK, rows - start);
    const chunk = new Float32Array(count * columns);
    for (let r = 0; r < count; r++) {
      const from = (start + r) * stride;
      chunk.set(data.subarray(from, from + columns), r * columns);
    }
    yield new Uint8Array(chunk.buffer);
  }
}

/** Ids as the bytes of a .npy file of texts: UTF-32 of one width for all, filled up with zeros. */
export function* npyIds(ids: readonly string[]): Generator<Uint8Array> {
  const width = ids.reduce((longest, id) => Math.max(longest, [...id].length), 1);
  yield npyHeader({ descr: `<U${width}`, shape: [ids.length] });
  for (let start = 0; start < ids.length; start += ROWS_PER_CHUNK) {
    const part = ids.slice(start, start + ROWS_PER_CHUNK);
    const chunk = new Uint32Array(part.length * width);
    part.forEach((id, i) => {
      chunk.set(
        Array.from(id, character => character.codePointAt(0) ?? 0),
        i * width,
      );
    });
    yield new Uint8Array(chunk.buffer);
  }
}

async function withValues<T>(source: NpySource, read: (header: NpyHeader, bytes: ByteQueue) => Promise<T>): Promise<T> {
  const bytes = new ByteQueue(source.open());
  try {
    const value = await read(await readNpyHeader(source.name, bytes), bytes);
    await bytes.drain();
    return value;
  } finally {
    await bytes.cancel();
  }
}

/** Before memory is allocated: a damaged header can claim any shape. */
function checkSize({ name, size }: NpySource, before: number, values: number): void {
  if (before + values === size) return;
  const problem = before + values > size ? 'it was cut short; copy or save it again' : 'something else follows them';
  throw unreadable(name, `its shape needs ${values} bytes of values and it has ${size - before}: ${problem}`);
}

async function takeWhole({ name }: NpySource, bytes: ByteQueue, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const block = await bytes.take(length);
  if (block.length < length) throw unreadable(name, 'it ends early; copy or save it again');
  return block;
}

function unsupportedType(name: string, descr: string, expected: string): ShortlistError {
  return new ShortlistError('factors-unsupported', `${name} has values of type ${descr}; expected ${expected}.`, {
    file: name,
    descr,
  });
}
