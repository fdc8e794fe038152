import { createWriteStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { type FileEntry, Reader, ZipReader, ZipWriter } from '@zip.js/zip.js';
import { quotedNames } from '../../base/tables/column-names.js';
import { unreadable } from '../../base/tables/input-file.js';
import { messageOf, ShortlistError } from '../../errors.js';
import type { ExportedModel, FactorTable, Side } from './factor-table.js';
import { type NpySource, npyFactors, npyIds, readNpyFactors, readNpyIds } from './npy.js';

const NPY_ENDING = '.npy';

/**
 * Reads the factors of users or items from an archive of arrays as `numpy.savez` and the library `implicit` write it,
 * stored or deflated: the array `user_factors` or `item_factors`, or the only array there is; and beside it, where it
 * exists, `user_ids` or `item_ids`.
 * @throws ShortlistError as reading .npy does, `missing-column` when the arrays have other names
 */
export async function readNpzFactors(path: string, side: Side): Promise<FactorTable> {
  const file = await open(path);
  try {
    const zip = new ZipReader(new FileReader(file), { useWebWorkers: false });
    const arrays = await arraysOf(path, zip);
    const wanted = `${side}_factors`;
    const only = arrays.size === 1 ? [...arrays.values()][0] : undefined;
    const factors = arrays.get(wanted) ?? only;
    if (!factors) {
      const names = [...arrays.keys()];
      throw new ShortlistError(
        'missing-column',
        `${path} has no array ${wanted}; its arrays are ${quotedNames(names) || 'none'}. ` +
          'Save with numpy.savez(file, user_factors=…, item_factors=…).',
        { file: path, role: wanted, columns: names },
      );
    }
    const ids = arrays.get(`${side}_ids`);
    return {
      name: factors.name,
      factors: await readNpyFactors(factors),
      ids: ids ? await readNpyIds(ids) : null,
    };
  } finally {
    await file.close();
  }
}

/** The arrays of an archive by name, which is without the ending. */
async function arraysOf(path: string, zip: ZipReader<unknown>): Promise<Map<string, NpySource>> {
  const arrays = new Map<string, NpySource>();
  try {
    for (const entry of await zip.getEntries()) {
      if (entry.directory || !entry.filename.endsWith(NPY_ENDING)) continue;
      const name = entry.filename.slice(0, -NPY_ENDING.length);
      const shown = `${path} (${name})`;
      arrays.set(name, { name: shown, size: entry.uncompressedSize, open: () => contentOf(shown, entry) });
    }
  } catch (cause) {
    throw unreadable(path, `it is not a whole zip archive (${messageOf(cause)}); copy or save it again`, cause);
  }
  return arrays;
}

/** The content of a member, its checksum verified at the end. */
async function* contentOf(name: string, entry: FileEntry): AsyncGenerator<Uint8Array> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  // An error reaches the reader through the stream.
  const sent = entry.getData(writable, { checkSignature: true }).catch(() => {});
  try {
    yield* readable;
  } catch (cause) {
    throw unreadable(name, `its content is damaged (${messageOf(cause)}); copy or save it again`, cause);
  }
  await sent;
}

/** Random access to a file of any size. */
class FileReader extends Reader<FileHandle> {
  constructor(private readonly file: FileHandle) {
    super(file);
  }

  override async init(): Promise<void> {
    this.size = (await this.file.stat()).size;
  }

  override async readUint8Array(index: number, length: number): Promise<Uint8Array> {
    const { buffer, bytesRead } = await this.file.read({ buffer: new Uint8Array(length), position: index });
    return buffer.subarray(0, bytesRead);
  }
}

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
  await add('user_factors', npyFactors(model.userFactors), STORED);
  await add('item_factors', npyFactors(model.itemFactors), STORED);
  await add('user_ids', npyIds(model.userIds), DEFLATED);
  await add('item_ids', npyIds(model.itemIds), DEFLATED);
  await zip.close();
}
