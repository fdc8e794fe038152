import { unreadable } from '../../base/tables/input-file.js';
import { ShortlistError } from '../../errors.js';
import type { ByteQueue } from './byte-queue.js';

// The .npy format of NumPy, versions 1.0 to 3.0: magic, version, length of the header, the header (a Python dictionary
// as text, padded with blanks), then the bare values. https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html

/** First bytes of every .npy file. */
export const NPY_MAGIC = Uint8Array.of(0x93, ...new TextEncoder().encode('NUMPY'));

/** What the header of a .npy file says about its values. */
export interface NpyHeader {
  /** Type of a value as NumPy writes it: byte order, kind and size, such as `<f4`. */
  readonly descr: string;
  readonly shape: readonly number[];
}

/** Longest header that is believed, in bytes. Those of plain arrays have some 120. */
const MAX_HEADER_BYTES = 65_536;
/** The values begin at a multiple of this many bytes. */
const ALIGNMENT = 64;

/**
 * Reads the header and leaves the queue at the first value.
 * @throws ShortlistError `file-unreadable`, `factors-unsupported` for arrays in Fortran order and for pickles
 */
export async function readNpyHeader(name: string, bytes: ByteQueue): Promise<NpyHeader> {
  const start = await bytes.take(NPY_MAGIC.length + 2);
  const version = start[NPY_MAGIC.length];
  if (!NPY_MAGIC.every((byte, i) => start[i] === byte) || version === undefined) {
    throw unreadable(name, 'it does not begin like a .npy file; save it with numpy.save or numpy.savez');
  }
  if (version < 1 || version > 3) throw unreadable(name, `it has .npy version ${version}; expected 1 to 3`);
  const lengthBytes = await bytes.take(version === 1 ? 2 : 4);
  const length = lengthBytes.reduceRight((sum, byte) => sum * 256 + byte, 0);
  if (length > MAX_HEADER_BYTES) throw unreadable(name, `its header claims ${length} bytes: it is damaged`);
  const header = await bytes.take(length);
  if (header.length < length) throw unreadable(name, 'it ends within its header; copy or save it again');
  return parseHeader(name, new TextDecoder().decode(header));
}

/** The bytes before the values of an array in C order. */
export function npyHeader({ descr, shape }: NpyHeader): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const fixed = NPY_MAGIC.length + 4;
  const total = Math.ceil((fixed + text.length + 1) / ALIGNMENT) * ALIGNMENT;
  const padded = new TextEncoder().encode(`${text.padEnd(total - fixed - 1)}\n`);
  return Uint8Array.of(...NPY_MAGIC, 1, 0, padded.length & 255, padded.length >> 8, ...padded);
}

function parseHeader(name: string, text: string): NpyHeader {
  const shape = /'shape'\s*:\s*\(([^)]*)\)/.exec(text)?.[1];
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text)?.[1];
  if (shape === undefined || order === undefined || !/'descr'\s*:/.test(text)) {
    throw unreadable(name, 'its .npy header cannot be understood: it is damaged');
  }
  // A list of fields instead of a text is a record type, which has no short name.
  const descr = /'descr'\s*:\s*'([^']*)'/.exec(text)?.[1] ?? 'several fields';
  const lengths = shape.split(',').flatMap(part => (part.trim() === '' ? [] : [Number.parseInt(part, 10)]));
  if (lengths.some(length => !Number.isSafeInteger(length) || length < 0)) {
    throw unreadable(name, `its shape (${shape}) makes no sense: it is damaged`);
  }
  if (descr.includes('O')) {
    throw new ShortlistError(
      'factors-unsupported',
      `${name} holds Python objects (a pickle), which are never loaded: they can run code. ` +
        `Save plain numbers: numpy.save(file, x.astype('float32')).`,
      { file: name, descr },
    );
  }
  if (order === 'True' && lengths.length > 1) {
    throw new ShortlistError(
      'factors-unsupported',
      `${name} is in Fortran order (column by column), shape (${lengths.join(', ')}); expected C order, one row per ` +
        'user or item. Save it with numpy.save(file, numpy.ascontiguousarray(x)); if you transposed it with .T, save it without.',
      { file: name, shape: lengths },
    );
  }
  return { descr, shape: lengths };
}
