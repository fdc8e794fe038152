import { deflateRawSync } from 'node:zlib';

// Files as other programs write them, byte by byte, and by other means than those that are tested.

export interface NpyParts {
  readonly descr?: string;
  readonly shape: readonly number[];
  readonly fortran?: boolean;
  readonly version?: 1 | 2 | 3;
  readonly values: ArrayBufferView;
}

/** A .npy file. */
export function npyBytes({ descr = '<f4', shape, fortran = false, version = 1, values }: NpyParts): Buffer {
  const header = Buffer.from(
    `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': (${shape.join(', ')},), }`.padEnd(
      117,
    ),
  );
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  if (version === 1) length.writeUInt16LE(header.length + 1);
  else length.writeUInt32LE(header.length + 1);
  return Buffer.concat([
    Buffer.from('\x93NUMPY', 'latin1'),
    Buffer.from([version, 0]),
    length,
    header,
    Buffer.from('\n'),
    Buffer.from(values.buffer, values.byteOffset, values.byteLength),
  ]);
}

/** A float32 matrix as a .npy file. */
export function npyMatrix(rows: readonly (readonly number[])[]): Buffer {
  return npyBytes({ shape: [rows.length, rows[0]?.length ?? 0], values: Float32Array.from(rows.flat()) });
}

/** A zip archive (APPNOTE 4.3), its members stored or deflated. */
export function zipBytes(members: Readonly<Record<string, Buffer>>, deflate = false): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(members)) {
    const packed = deflate ? deflateRawSync(content) : content;
    const facts = Buffer.alloc(26);
    facts.writeUInt16LE(20, 0);
    facts.writeUInt16LE(deflate ? 8 : 0, 4);
    facts.writeUInt16LE(0x21, 8);
    facts.writeUInt32LE(crc32(content), 10);
    facts.writeUInt32LE(packed.length, 14);
    facts.writeUInt32LE(content.length, 18);
    facts.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), facts, Buffer.from(name), packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    central.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), facts, tail, Buffer.from(name)]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(central.length, 4);
  end.writeUInt16LE(central.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...locals, directory, Buffer.from('PK\x05\x06'), end]);
}

function crc32(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
