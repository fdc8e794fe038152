import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { ShortlistError } from '../../src/errors.js';
import { readVerified, type SnapshotFiles } from '../../src/snapshot/files.js';
import { type Manifest, manifestSchema, manifestText } from '../../src/snapshot/manifest.js';
import { type ManifestFacts, SnapshotStore } from '../../src/snapshot/store.js';
import { manifestFacts } from '../support/manifest-facts.js';
import { nodeFlags, programFile } from '../support/program.js';
import { newDirectory } from '../support/scratch-directory.js';

let directory: string;
let store: SnapshotStore;

async function write(files: SnapshotFiles): Promise<ManifestFacts> {
  await files.array('numbers.f32', Float32Array.of(1, 2, 3));
  return manifestFacts;
}

function publish(keep = 3): Promise<Manifest> {
  return store.publish(write, keep);
}

/** As a store gives them. */
const ID = '20200101T000000000Z-0123abcd';

function writtenTo(path: string): string {
  writeFileSync(path, '');
  return path;
}

const allocate = (bytes: number) => new Uint8Array(bytes);

beforeEach(() => {
  directory = newDirectory();
  store = new SnapshotStore(directory);
});

describe('SnapshotStore', () => {
  test('publishes a whole snapshot and makes it current', async () => {
    const manifest = await publish();
    expect(await store.current()).toBe(manifest.id);
    expect(readdirSync(join(store.directory, manifest.id)).sort()).toEqual(['manifest.json', 'numbers.f32']);
    expect(readdirSync(directory).sort()).toEqual([manifest.id, 'current'].sort());
    const written = JSON.parse(await readFile(join(store.directory, manifest.id, 'manifest.json'), 'utf8'));
    expect(manifestSchema.parse(written)).toEqual(manifest);
    const bytes = readVerified(
      join(store.directory, manifest.id),
      'numbers.f32',
      manifest.files['numbers.f32'],
      allocate,
    );
    expect([...new Float32Array(bytes.buffer)]).toEqual([1, 2, 3]);
  });

  test('several writers in one process do not disturb each other', async () => {
    await Promise.all(Array.from({ length: 8 }, () => store.checkWritable()));
    const ids = await Promise.all(Array.from({ length: 8 }, async () => (await publish(8)).id));
    expect((await store.list()).sort()).toEqual(ids.sort());
    expect(ids).toContain(await store.current());
    expect(readdirSync(directory).filter(name => name.startsWith('.'))).toEqual([]);
  });

  test('offers the current one first, then the others from new to old', async () => {
    const ids = [(await publish()).id, (await publish()).id, (await publish()).id];
    await store.makeCurrent(ids[0]!);
    expect(await store.candidates()).toEqual([ids[0], ...[ids[1], ids[2]].sort().reverse()]);
  });

  test('keeps the newest few', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 4; i++) ids.push((await publish(2)).id);
    expect(readdirSync(directory).sort()).toEqual([...ids.slice(2), 'current'].sort());
  });

  test('leaves no trace of a write that fails, and the current snapshot as it was', async () => {
    const good = await publish();
    await expect(
      store.publish(async files => {
        await write(files);
        throw new Error('died half-way');
      }, 3),
    ).rejects.toThrow('died half-way');
    expect(await store.current()).toBe(good.id);
    expect(await store.list()).toEqual([good.id]);
    expect(readdirSync(directory).filter(name => name.startsWith('.'))).toEqual([]);
  });

  test('a writer that is killed half-way leaves the snapshot before it to be served', async () => {
    const good = await publish();
    const script = `
      const { SnapshotStore } = await import(process.argv[1]);
      await new SnapshotStore(process.argv[2]).publish(async files => {
        await files.array('numbers.f32', Float32Array.of(4));
        process.stdout.write('written');
        await new Promise(() => setInterval(() => {}, 1000));
      }, 3);`;
    const writer = spawn(process.execPath, [
      ...nodeFlags,
      '--input-type=module',
      '-e',
      script,
      programFile('src/snapshot/store'),
      directory,
    ]);
    await once(writer.stdout, 'data');
    writer.kill('SIGKILL');
    await once(writer, 'exit');
    expect(await store.candidates()).toEqual([good.id]);
    const next = await publish();
    expect(readdirSync(directory).sort()).toEqual(['current', good.id, next.id].sort());
  });

  test('calls unwritable only what the system refused', async () => {
    const mistake = Object.assign(new TypeError('expected a string'), { code: 'ERR_INVALID_ARG_TYPE' });
    await expect(store.publish(() => Promise.reject(mistake), 3)).rejects.toBe(mistake);
    const full = Object.assign(new Error('no space'), { code: 'ENOSPC', errno: -28 });
    await expect(store.publish(() => Promise.reject(full), 3)).rejects.toMatchObject({
      code: 'snapshot-unwritable',
      fields: { directory, cause: 'ENOSPC' },
    });
  });

  test.each<[what: string, put: (path: string) => void, why: RegExp]>([
    ['another path', path => writeFileSync(path, '../elsewhere\n'), /it names no snapshot, but says "\.\.\/elsewhere"/],
    ['two lines', path => writeFileSync(path, `${ID}\n${ID}\n`), /it names no snapshot/],
    ['zeros', path => writeFileSync(path, `${ID}\0`), /it names no snapshot/],
    ['nothing', path => writeFileSync(path, ''), /it names no snapshot, but says ""/],
    ['gigabytes', path => truncateSync(writtenTo(path), 3e9), /it has 3000000000 bytes, expected at most/],
    ['a directory', path => mkdirSync(path), /it is a directory/],
    ['a pipe', path => void execFileSync('mkfifo', [path]), /it is no regular file/],
    ['a link to a device', path => symlinkSync('/dev/zero', path), /it is no regular file/],
    ['a link to itself', path => symlinkSync(path, path), /ELOOP/],
    ['a missing snapshot', path => writeFileSync(path, `${ID}\n`), /names .*, which is not there/],
  ])('where `current` is or names %s, the newest snapshot is taken, with a warning', async (what, put, why) => {
    const ids = [(await publish()).id, (await publish()).id].sort().reverse();
    const path = join(directory, 'current');
    rmSync(path);
    put(path);
    const warnings: string[] = [];
    expect(await store.candidates(message => void warnings.push(message))).toEqual(ids);
    expect(warnings).toEqual([expect.stringMatching(why)]);
    const refusal = { code: what === 'a link to itself' ? 'file-unreadable' : 'snapshot-damaged' };
    if (what === 'a missing snapshot') expect(await store.current()).toBe(ID);
    else await expect(store.current()).rejects.toMatchObject(refusal);
  });

  test('a directory that does not have the name of its snapshot is refused', async () => {
    const { id } = await publish();
    renameSync(join(directory, id), join(directory, ID));
    expect(await store.list()).toEqual([ID]);
    await expect(store.locate(ID)).rejects.toThrow(`it is of snapshot ${id}`);
  });

  test('an empty or missing directory holds no snapshots', async () => {
    expect(await store.candidates()).toEqual([]);
    expect(await new SnapshotStore(join(directory, 'missing')).candidates()).toEqual([]);
  });

  test('says that a place cannot be written, and what to do', async () => {
    const file = join(directory, 'file');
    await writeFile(file, '');
    const error = await new SnapshotStore(join(file, 'below')).checkWritable().catch(e => e);
    expect(error).toBeInstanceOf(ShortlistError);
    expect(error.code).toBe('snapshot-unwritable');
    expect(error.message).toContain('Give a directory');
  });

  test.skipIf(process.getuid?.() === 0)(
    'a read-only directory is refused (skipped for root, who may write anywhere)',
    async () => {
      chmodSync(directory, 0o500);
      await expect(store.checkWritable()).rejects.toMatchObject({ code: 'snapshot-unwritable' });
    },
  );
});

describe('the checksum of a manifest', () => {
  async function published() {
    const { id } = await publish();
    const path = join(directory, id, 'manifest.json');
    return { id, path, text: await readFile(path, 'utf8') };
  }

  test('notices whatever else is in it, and that it is lost', async () => {
    const { id, path, text } = await published();
    const { checksum, ...fields } = JSON.parse(text);
    expect(checksum).toBe(createHash('sha256').update(JSON.stringify(fields)).digest('hex'));
    for (const [from, to] of [
      ['"recall": 1,', '"recall": 2,'],
      ['"rated"', '"rates"'],
      [checksum.slice(0, 8), '00000000'],
      ['"checksum"', '"chdcksum"'],
      [checksum, `${checksum}", "seed": "1`],
    ] as const) {
      expect(text).toContain(from);
      await writeFile(path, text.replace(from, to));
      await expect(store.locate(id), `${from} as ${to}`).rejects.toMatchObject({ code: 'snapshot-damaged' });
    }
    await writeFile(path, text);
    expect((await store.locate(id)).manifest.id).toBe(id);
  });

  test('is not missed in snapshots of before there were any', async () => {
    const { id, path, text } = await published();
    const { checksum: _, ...fields } = JSON.parse(text);
    await writeFile(path, JSON.stringify(fields));
    expect((await store.locate(id)).manifest).toEqual(manifestSchema.parse(fields));
  });

  test.each<[what: string, change: (manifest: Manifest) => object, why: RegExp]>([
    ['a graph that is not there', m => withPoint(m, { source: 'hnsw', effort: 9 }), /a graph that it lacks/],
    ['an effort beyond all counting', m => withPoint(m, { source: 'clusters', effort: 2 ** 31 }), /effort/],
    ['no users', m => ({ ...m, dataset: { ...m.dataset, users: 0 } }), /users/],
    ['half an item', m => ({ ...m, dataset: { ...m.dataset, items: 0.5 } }), /items/],
    ['a file elsewhere', m => ({ ...m, files: { '../x': m.files['numbers.f32'] } }), /files/],
    ['a scale upside down', m => ({ ...m, dataset: { ...m.dataset, scale: { min: 5, max: 1 } } }), /scale goes from 5/],
    [
      'an attribute twice',
      m => ({ ...m, dataset: { ...m.dataset, attributes: [0, 1].map(() => ({ name: 'a', kind: 'text' })) } }),
      /names an attribute twice/,
    ],
  ])('vouches for nothing: %s is refused', async (_, change, why) => {
    const { id, path, text } = await published();
    const { checksum, ...fields } = JSON.parse(text);
    await writeFile(path, manifestText(change(fields) as Manifest));
    await expect(store.locate(id)).rejects.toThrow(why);
  });
});

function withPoint(manifest: Manifest, point: object): object {
  return { ...manifest, retrieval: { ...manifest.retrieval, operatingPoint: { ...point, k: 100 } } };
}

describe('readVerified', () => {
  async function damage(change: (bytes: Buffer) => Buffer): Promise<() => unknown> {
    const { id, files } = await publish();
    const path = join(store.directory, id, 'numbers.f32');
    await writeFile(path, change(await readFile(path)));
    return () => readVerified(join(store.directory, id), 'numbers.f32', files['numbers.f32'], allocate);
  }

  test('refuses a file of another size, with another byte, or that is not there', async () => {
    expect(await damage(bytes => bytes.subarray(1))).toThrow(/it has 11 bytes, the manifest says 12/);
    expect(
      await damage(bytes => {
        bytes[5]! ^= 1;
        return bytes;
      }),
    ).toThrow(/its sha256 is/);
    const facts = { bytes: 1, sha256: '' };
    expect(() => readVerified(directory, 'none', facts, allocate)).toThrow(/cannot be read/);
    expect(() => readVerified(directory, 'none', undefined, allocate)).toThrow(/does not list it/);
  });
});
