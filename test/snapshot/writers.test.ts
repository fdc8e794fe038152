import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { freeBytes } from '../../src/base/files/free-space.js';
import type { SnapshotFiles } from '../../src/snapshot/files.js';
import { SnapshotStore } from '../../src/snapshot/store.js';
import { type Contained, canUnshare, start } from '../support/container.js';
import { manifestFacts } from '../support/manifest-facts.js';
import { programFile } from '../support/program.js';
import { newDirectory } from '../support/scratch-directory.js';

vi.mock('../../src/base/files/free-space.js', { spy: true });

const PROGRAM = `
  const { SnapshotStore } = await import(${JSON.stringify(pathToFileURL(programFile('src/snapshot/store')).href)});
  const store = new SnapshotStore(argument);
  const facts = ${JSON.stringify(manifestFacts)};`;

/** Publishes a snapshot, but waits when it is half written. */
const PUBLISH_SLOWLY = `${PROGRAM}
  const { id } = await store.publish(async files => {
    await files.array('first.f32', Float32Array.of(1));
    console.log('half');
    await goOn();
    await files.array('second.f32', Float32Array.of(2));
    return facts;
  }, 1);
  console.log(id);`;

let directory: string;
let store: SnapshotStore;

async function write(files: SnapshotFiles) {
  await files.array('numbers.f32', Float32Array.of(1, 2, 3));
  return manifestFacts;
}

const publish = async (keep = 1) => (await store.publish(write, keep)).id;
const hidden = () => readdirSync(directory).filter(name => name.startsWith('.'));

async function half(place: 'contained' | 'contained, later' | 'here'): Promise<Contained> {
  const writer = start(PUBLISH_SLOWLY, directory, place);
  expect(await writer.line()).toBe('half');
  return writer;
}

beforeEach(() => {
  directory = newDirectory();
  store = new SnapshotStore(directory);
});

// Skipped where the kernel lets no user make PID namespaces.
describe.skipIf(!canUnshare)('writers in containers', () => {
  test('one that is stopped half-way is left alone, does no harm, and ends its work', async () => {
    const writer = await half('contained, later');
    writer.signal('SIGSTOP');
    await publish();
    const other = start(`${PROGRAM} console.log((await store.publish(async () => facts, 1)).id);`, directory);
    const id = await other.line();
    expect(await other.ended).toBe('');
    expect(await store.list()).toEqual([id]);
    writer.signal('SIGCONT');
    writer.goOn();
    const last = await writer.line();
    expect(await writer.ended).toBe('');
    expect(await store.current()).toBe(last);
    expect(readdirSync(join(directory, last)).sort()).toEqual(['first.f32', 'manifest.json', 'second.f32']);
    expect(hidden()).toEqual([]);
  });

  test('what one that was killed left is gone at once, in another container and in one of the same number', async () => {
    const next = () => start(`${PROGRAM} await store.checkWritable(); console.log(process.pid);`, directory);
    for (const clear of [() => store.checkWritable(), async () => expect(await next().line()).toBe('1')]) {
      const writer = await half('contained');
      writer.signal('SIGKILL');
      await writer.ended;
      expect(hidden()).toHaveLength(4);
      await clear();
      expect(hidden()).toEqual([]);
    }
  });

  test('of two that publish again and again, keeping one, each leaves a current snapshot that is there', async () => {
    const program = `${PROGRAM}
      for (let n = 0; n < 10; n++) await store.publish(async files => {
        await files.array('numbers.f32', Float32Array.of(n));
        return facts;
      }, 1);`;
    const writers = [start(program, directory), start(program, directory)];
    let running = 2;
    const ended = writers.map(async writer => {
      const errors = await writer.ended;
      running--;
      return errors;
    });
    const seen = new Set<string>();
    while (running > 0) {
      const current = await store.current();
      if (current !== undefined && current !== (await seenWhole(current))) seen.add(current);
      await new Promise(setImmediate);
    }
    expect(await Promise.all(ended)).toEqual(['', '']);
    expect([...seen]).toEqual([]);
    expect(await store.list()).toContain(await store.current());
    expect((await store.list()).length).toBeLessThanOrEqual(2);
    expect(hidden()).toEqual([]);
    const last = await publish();
    expect(await store.list()).toEqual([last]);
  });

  /** The id, where the snapshot is there or has been followed by another one meanwhile. */
  async function seenWhole(id: string): Promise<string | undefined> {
    if (existsSync(join(directory, id, 'manifest.json'))) return id;
    return (await store.current()) === id ? undefined : id;
  }

  test('two that write one file each write it whole', async () => {
    const program = `
      const { writeFileSync, appendFileSync } = await import('node:fs');
      const { writeWhole } = await import(${JSON.stringify(pathToFileURL(programFile('src/base/files/temporary')).href)});
      await writeWhole(argument + '/file', async aside => {
        writeFileSync(aside, 'one');
        console.log('half');
        await goOn();
        appendFileSync(aside, ' and two');
      });`;
    const writers = [start(program, directory), start(program, directory)];
    for (const writer of writers) {
      await writer.line();
      writer.signal('SIGSTOP');
    }
    for (const writer of writers) {
      writer.signal('SIGCONT');
      writer.goOn();
      expect(await writer.ended).toBe('');
      expect(readFileSync(join(directory, 'file'), 'utf8')).toBe('one and two');
    }
    expect(readdirSync(directory)).toEqual(['file']);
  });
});

describe('writers', () => {
  test.skipIf(process.platform === 'win32')('one that is stopped is not gone, one that was killed is', async () => {
    const stopped = await half('here');
    stopped.signal('SIGSTOP');
    const killed = await half('here');
    killed.signal('SIGKILL');
    await killed.ended;
    expect(hidden()).toHaveLength(8);
    await store.checkWritable();
    expect(hidden()).toHaveLength(4);
    expect(await store.list()).toEqual([]);
    stopped.signal('SIGCONT');
    stopped.goOn();
    const id = await stopped.line();
    await stopped.ended;
    expect(await store.candidates()).toEqual([id]);
  });

  test('one whose directory was taken away publishes nothing and says so', async () => {
    const before = await publish();
    const writing = store.publish(async files => {
      for (const name of hidden()) rmSync(join(directory, name), { recursive: true });
      mkdirSync(files.directory);
      return write(files);
    }, 1);
    await expect(writing).rejects.toMatchObject({
      code: 'snapshot-unwritable',
      message: expect.stringMatching(/was deleted while it was being written: .* Run it again\.$/),
    });
    expect(await store.candidates()).toEqual([before]);
    expect(hidden()).toEqual([]);
  });

  test('a snapshot of which a file was deleted is not published', async () => {
    const writing = store.publish(async files => {
      await files.array('numbers.f32', Float32Array.of(1));
      writeFileSync(join(files.directory, 'numbers.f32'), 'ab');
      return manifestFacts;
    }, 1);
    await expect(writing).rejects.toMatchObject({
      code: 'snapshot-unwritable',
      message: expect.stringContaining('has 2 bytes, 4 were written'),
    });
    expect(readdirSync(directory)).toEqual([]);
  });

  const HOUR = 3_600;

  /** What a process left that had this start, namespace and machine. */
  function leave(tag: string, hoursAgo: number): string {
    const name = `.building-${tag}-20260101T000000000Z-00000000`;
    mkdirSync(join(directory, name));
    const then = Date.now() / 1000 - hoursAgo * HOUR;
    utimesSync(join(directory, name), then, then);
    return name;
  }

  test('one that cannot be asked is waited for until nothing was heard of it for half a day', async () => {
    const names = [
      leave('1-5-4026531836-0badcafe-00000001', 11),
      leave('1-5-4026531836-0badcafe-00000002', 13),
      // As versions before named them.
      leave('1', 11),
      leave('2', 13),
    ];
    // It beats.
    const beating = leave('1-5-4026531836-0badcafe-00000003', 13);
    writeFileSync(join(directory, '.shortlist-1-5-4026531836-0badcafe-00000003.lock'), '');
    await publish();
    expect(hidden().sort()).toEqual([
      '.building-1-20260101T000000000Z-00000000',
      '.building-1-5-4026531836-0badcafe-00000001-20260101T000000000Z-00000000',
      beating,
      '.shortlist-1-5-4026531836-0badcafe-00000003.lock',
    ]);
    expect(names).toHaveLength(4);
  });

  test.runIf(process.platform === 'linux')('one of before the machine was started again is gone', async () => {
    leave('1-5-4026531836-0badcafe-00000001', 0);
    const socket = createServer();
    await new Promise<void>(done => {
      socket.listen(join(directory, '.shortlist-1-5-4026531836-0badcafe-00000001.lock'), done);
    });
    await store.checkWritable();
    expect(hidden()).toEqual([]);
    socket.close();
  });

  test('a snapshot that is being read stays until it is read', async () => {
    const first = await publish();
    await store.reading(first, async ({ manifest }) => {
      const second = await publish();
      expect(await store.list()).toEqual([second, first]);
      expect(manifest.id).toBe(first);
    });
    const third = await publish();
    expect(await store.list()).toEqual([third]);
  });

  test('the last one to publish is served, even where it began before another', async () => {
    let second = '';
    const first = await store.publish(async files => {
      second = await publish();
      return write(files);
    }, 1);
    expect(first.id < second).toBe(true);
    expect([await store.current(), await store.list()]).toEqual([first.id, [second, first.id]]);
  });

  test('only a snapshot that is there can become the current one', async () => {
    const id = await publish();
    const missing = '20260101T000000000Z-00000000';
    await expect(store.makeCurrent(missing)).rejects.toMatchObject({
      code: 'unknown-snapshot',
      fields: { to: missing, ids: [id] },
    });
    expect(await store.current()).toBe(id);
  });
});

describe('room on the disk', () => {
  test('is asked for in words', async () => {
    vi.mocked(freeBytes).mockResolvedValueOnce(2_000_000);
    await expect(store.checkSpace(5_000_000)).rejects.toMatchObject({
      code: 'snapshot-unwritable',
      message: `The snapshot needs about 5 MB, and 2 MB are free in ${directory}. Make room, by deleting old snapshots for example, or give another directory.`,
    });
  });

  test('is not asked for where the system does not tell, nor where there is enough', async () => {
    vi.mocked(freeBytes).mockResolvedValueOnce(undefined);
    await store.checkSpace(1e18);
    await store.checkSpace(1);
  });

  // Files larger than a limit fail as on a full disk do those that are written on.
  test.skipIf(process.platform === 'win32')(
    'that ends half-way leaves the snapshot before it, and nothing else',
    async () => {
      const before = await publish();
      const program = `${PROGRAM}
      
      await store.publish(async files => {
        await files.array('numbers.f32', new Float32Array(1_000_000));
        return facts;
      }, 1).catch(error => console.log(error.code, error.message));`;
      const writer = start(program, directory, 'limited');
      expect(await writer.line()).toMatch(/^snapshot-unwritable Snapshots cannot be written to .*: EFBIG/);
      await writer.ended;
      expect([await store.candidates(), hidden()]).toEqual([[before], []]);
    },
  );
});

// Windows has other permissions.
describe.skipIf(process.platform === 'win32')('permissions', () => {
  const modeOf = (...path: string[]) => (statSync(join(...path)).mode & 0o7777).toString(8);

  async function modes(place: string): Promise<string[]> {
    const { id } = await new SnapshotStore(place).publish(write, 1);
    return [
      modeOf(place),
      modeOf(place, id),
      modeOf(place, id, 'numbers.f32'),
      modeOf(place, id, 'manifest.json'),
      modeOf(place, 'current'),
    ];
  }

  test('a store that is made is for its owner alone', async () => {
    const place = join(directory, 'data', 'snapshots');
    await new SnapshotStore(place).checkWritable();
    expect(await modes(place)).toEqual(['700', '700', '600', '600', '600']);
    expect(modeOf(directory, 'data')).toBe((0o777 & ~process.umask()).toString(8));
  });

  test.each([
    ['of a group', 0o2750, ['2750', '2750', '640', '640', '640']],
    ['that a group writes', 0o2770, ['2770', '2770', '660', '660', '660']],
    ['of earlier versions', 0o755, ['755', '755', '644', '644', '644']],
    ['that everybody writes', 0o777, ['777', '775', '664', '664', '664']],
  ])('a store %s hands on its own', async (_, mode, expected) => {
    chmodSync(directory, mode);
    const umask = process.umask(0o077);
    try {
      expect(await modes(directory)).toEqual(expected);
    } finally {
      process.umask(umask);
    }
  });
});
