import { createWriteStream } from 'node:fs';
import { Writable } from 'node:stream';
import { ZipWriter } from '@zip.js/zip.js';
import type { Matrix } from '../../base/numeric/matrix.js';
import type { ExportedModel } from './exported-model.js';
import { npyHeader } from './npy-header.js';

/** Rows that are handed on at a time. */
const ROWS_PER_CHUNK = 4096;
/** Numbers of 32 random bits hardly get smaller; ids do. */
const STORED = 0;
const DEFLATED = 6;
/** A fixed time of the members: the same snapshot gives the same bytes. It is the earliest that a zip can hold. */
const MEMBER_TIME = new Date(1980, 0, 1);

/** Writes an archive that `numpy.load` reads: `user_factors`, `item_factors` (float32), `user_ids`, `item_ids` (text). */
export async function writeNpz(path: string, model: ExportedModel): Promise<void> {
  const zip = new ZipWriter(Writable.toWeb(createWriteStream(path)), {
    extendedTimestamp: false,
    useWebWorkers: false,
  });
  const add = async (name: string, bytes: Iterable<Uint8Array>, level: number) => {
    const readable = ReadableStream.from(bytes);
    await zip.add(`${name}.npy`, readable, { level, lastModDate: MEMBER_TIME, useCompressionStream: false });
  };
  await add('user_factors', factorBytes(model.userFactors), STORED);
  await add('item_factors', factorBytes(model.itemFactors), STORED);
  await add('user_ids', idBytes(model.userIds), DEFLATED);
  await add('item_ids', idBytes(model.itemIds), DEFLATED);
  await zip.close();
}

function* factorBytes({ rows, columns, stride, data }: Matrix): Generator<Uint8Array> {
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

/** UTF-32 of one width for all, filled up with zeros. */
function* idBytes(ids: readonly string[]): Generator<Uint8Array> {
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
