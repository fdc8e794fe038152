import {
  appendFileSync,
  chmodSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { readRatings } from '../../../src/learn/ratings/read-ratings.js';
import { CsvEventLog, type EventLogOptions } from '../../../src/recommend/events/csv-log.js';
import type { EventColumns, LoggedEvent } from '../../../src/recommend/events/event-store.js';
import { loggedId } from '../../../src/serve/http/parameters.js';
import { newDirectory } from '../../support/scratch-directory.js';

const BOTH: EventColumns = { rated: true, timed: true };
const HEADER = 'userId,itemId,rating,timestamp\n';
const event = (userId: string, itemId: string, value = 1, timestamp = 1_700_000_000): LoggedEvent => ({
  userId,
  itemId,
  value,
  timestamp,
});

let directory: string;
let path: string;
const opened: CsvEventLog[] = [];
beforeEach(() => {
  directory = join(newDirectory(), 'events');
  path = join(directory, 'events.csv');
});
afterEach(() => {
  vi.restoreAllMocks();
  for (const log of opened.splice(0)) log.close();
});

/** @param warn by default bad lines fail the test */
async function openLog(warn = noBadLines, options?: EventLogOptions): Promise<CsvEventLog> {
  const log = await CsvEventLog.open(directory, warn, options);
  opened.push(log);
  return log;
}

function noBadLines(message: string): void {
  if (message.includes(', line ')) expect.fail(message);
}

/** A log with two lines that was closed again. */
async function writtenLog(): Promise<void> {
  const log = await openLog();
  await log.append([event('u1', 'a'), event('u2', 'b')], BOTH);
}

const text = () => readFileSync(path, 'utf8');
/** Items of a user in a log that is opened now, and of the ratings that a rebuild would read. */
async function itemsOf(userId: string): Promise<string[]> {
  const log = await openLog();
  const events = (log.of(userId) ?? []).map(({ itemId }) => itemId);
  const table = await readRatings([path]);
  const read = table.itemIds.filter((_, item) =>
    table.items.some((other, row) => other === item && table.userIds[table.users[row]!] === userId),
  );
  expect(new Set(read)).toEqual(new Set(events));
  return events;
}

/** Lets something happen at the moment when a file is next written to, or what is written be less than all. */
async function duringNextWrite(happens: () => void | Promise<void>, most = Number.POSITIVE_INFINITY): Promise<void> {
  const file = await open(path);
  const prototype: FileHandle = Object.getPrototypeOf(file);
  await file.close();
  const { write } = prototype;
  vi.spyOn(prototype, 'write').mockImplementationOnce(async function (this: FileHandle, data: unknown) {
    await happens();
    const buffer = data as Buffer;
    return (write as (bytes: Buffer) => unknown).call(this, buffer.subarray(0, Math.min(most, buffer.length)));
  } as never);
}

describe('a log', () => {
  test('is a CSV file, begun with the first event', async () => {
    const log = await openLog();
    await log.append([event('u1', 'a', 4.5), event('u,2', 'say "b"', -1e-7, 0)], BOTH);
    expect(text()).toBe(`${HEADER}u1,a,4.5,1700000000\n"u,2","say ""b""",-1e-7,0\n`);
    expect(log.of('u1')).toEqual([event('u1', 'a', 4.5)]);
    expect(log.of('nobody')).toBeUndefined();
  });

  test.each([
    [{ rated: false, timed: false }, 'userId,itemId\nu,i\n'],
    [{ rated: true, timed: false }, 'userId,itemId,rating\nu,i,3\n'],
    [{ rated: false, timed: true }, 'userId,itemId,timestamp\nu,i,7\n'],
  ])('has the columns %o that it was begun with', async (columns, expected) => {
    await (await openLog()).append([event('u', 'i', 3, 7)], columns);
    await (await openLog()).append([event('u', 'i', 3, 7)], BOTH);
    expect(text()).toBe(`${expected}${expected.split('\n')[1]}\n`);
    expect((await openLog()).of('u')).toEqual([
      {
        userId: 'u',
        itemId: 'i',
        value: columns.rated ? 3 : undefined,
        timestamp: columns.timed ? 7 : 0,
        total: columns.rated ? 6 : 2,
      },
    ]);
  });

  test('shares one write and one fsync among requests that wait together', async () => {
    await writtenLog();
    const file = await open(path);
    const datasync = vi.spyOn(Object.getPrototypeOf(file) as FileHandle, 'datasync');
    await file.close();
    const log = await openLog();
    await Promise.all(Array.from({ length: 100 }, (_, i) => log.append([event('many', `i${i}`)], BOTH)));
    expect(log.of('many')).toHaveLength(100);
    expect(datasync.mock.calls.length).toBeLessThanOrEqual(2);
  });

  test('is shared by several processes', async () => {
    const [one, other] = await Promise.all([openLog(), openLog()]);
    await Promise.all(Array.from({ length: 50 }, (_, i) => (i % 2 ? one : other).append([event('u', `i${i}`)], BOTH)));
    await Promise.all([one.catchUp(), other.catchUp()]);
    expect(one.of('u')).toHaveLength(50);
    expect(new Set(other.of('u'))).toEqual(new Set(one.of('u')));
    expect(await itemsOf('u')).toHaveLength(50);
    expect(text().split('\n')).toHaveLength(52);
  });

  test('is begun by one of several processes', async () => {
    for (let round = 0; round < 50; round++) {
      const logs = await Promise.all([openLog(), openLog(), openLog()]);
      await Promise.all(logs.map((log, i) => log.append([event('u', `i${i}`)], BOTH)));
      expect(text().split('\n').sort()).toEqual([
        '',
        ...['i0', 'i1', 'i2'].map(i => `u,${i},1,1700000000`),
        HEADER.trim(),
      ]);
      for (const log of opened.splice(0)) log.close();
      rmSync(path);
    }
  });

  test('takes no more events while too many wait for the disk', async () => {
    const log = await openLog();
    const many = Array.from({ length: 60_000 }, () => event('u', 'i'));
    const first = log.append(many, BOTH);
    await expect(log.append(many, BOTH)).rejects.toMatchObject({ code: 'overloaded' });
    await first;
    await log.append([event('u', 'last')], BOTH);
    expect(log.of('u')?.map(({ itemId }) => itemId)).toEqual(['i', 'last']);
  });

  test('counts what waits, and what a disk that hangs was given, by its bytes', async () => {
    await writtenLog();
    const log = await openLog();
    let goOn = () => {};
    const hanging = new Promise<void>(resolve => {
      goOn = resolve;
    });
    let hasBegun = () => {};
    const begun = new Promise<void>(resolve => {
      hasBegun = resolve;
    });
    await duringNextWrite(() => {
      hasBegun();
      return hanging;
    });
    const long = Array.from({ length: 1500 }, (_, i) => event('u'.repeat(1024), `${i}`.padStart(1024, 'i')));
    const appends = [log.append(long, BOTH), log.append(long, BOTH), log.append(long, BOTH)];
    await expect(log.append(long, BOTH)).rejects.toMatchObject({ code: 'overloaded' });
    await begun;
    expect(log.status().failing).toBe(false);
    vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 11_000);
    expect(log.status().failing).toBe(true);
    goOn();
    await Promise.all(appends);
    expect(log.status().failing).toBe(false);
    await log.append(long, BOTH);
    expect(log.of('u'.repeat(1024))).toHaveLength(200);
  });

  test('is for this user alone, unless there was one that is not', async () => {
    const modes = () => [directory, path].map(each => (statSync(each).mode & 0o777).toString(8));
    await writtenLog();
    expect(modes()).toEqual(['700', '600']);
    chmodSync(directory, 0o755);
    chmodSync(path, 0o644);
    await writtenLog();
    expect(modes()).toEqual(['755', '644']);
  });

  test('keeps the users with the latest events in the memory that it may take', async () => {
    const log = await openLog(noBadLines, { memoryMb: 1 });
    const long = (name: string) => name.padStart(1024, 'x');
    const all = Array.from({ length: 1000 }, (_, i) => event(long(`u${i}`), long(`i${i}`)));
    for (let i = 0; i < all.length; i += 100) await log.append(all.slice(i, i + 100), BOTH);
    const again = await openLog(noBadLines, { memoryMb: 1 });
    const kept = all.filter(({ userId }) => log.of(userId));
    expect(kept.length).toBeGreaterThan(2 ** 20 / 2700);
    expect(kept.length).toBeLessThan(2 ** 20 / 2048);
    expect(kept).toEqual(all.slice(-kept.length));
    expect(all.filter(({ userId }) => again.of(userId))).toEqual(kept);
    await expect(openLog(noBadLines, { memoryMb: 0 })).rejects.toMatchObject({ code: 'invalid-option' });
  });
});

describe('a log that cannot be written', () => {
  test('is reported once when it begins and once when it ends, and says so in its status', async () => {
    const reports: string[] = [];
    const log = await openLog(message => reports.push(message));
    await log.append([event('u', 'a')], BOTH);
    for (let i = 0; i < 3; i++) {
      expect(log.status()).toEqual({ failing: i > 0, failedWrites: i });
      await duringNextWrite(() => {
        throw new Error('ENOSPC: no space left on device');
      });
      const error = await log.append([event('u', 'b')], BOTH).catch(thrown => thrown);
      expect(error).toMatchObject({ code: 'events-unavailable', fields: { path } });
      expect(error.message).not.toContain(directory);
    }
    await log.append([event('u', 'c')], BOTH);
    expect(log.status()).toEqual({ failing: false, failedWrites: 3 });
    expect(reports).toEqual([
      `The log of events ${path} cannot be used: ENOSPC: no space left on device. ` +
        'It is tried again; further failures are only counted.',
      expect.stringMatching(/can be used again, after 3 failures in \d+ seconds\.$/),
    ]);
    expect(await itemsOf('u')).toEqual(['a', 'c']);
  });

  test('is found to work again though nobody writes', async () => {
    const log = await openLog();
    await log.append([event('u', 'a')], BOTH);
    renameSync(directory, `${directory}-away`);
    await expect(log.append([event('u', 'b')], BOTH)).rejects.toMatchObject({ code: 'events-unavailable' });
    expect(log.status().failing).toBe(true);
    renameSync(`${directory}-away`, directory);
    await vi.waitFor(() => expect(log.status().failing).toBe(false), { timeout: 30_000 });
    expect(await itemsOf('u')).toEqual(['a']);
    expect(readdirSync(directory)).toEqual(['events.csv']);
  });
});

describe('lines that are none', () => {
  test('with bytes that are not UTF-8 are lost one by one, to the service and to a rebuild', async () => {
    await writtenLog();
    // In Windows-1252 these are two users; as damaged UTF-8 they would be one and the same.
    appendFileSync(path, Buffer.from('ren\xe9,a,1,1700000000\nren\xe8,b,1,1700000000\nu1,c,1,1700000000\n', 'latin1'));
    const warnings: string[] = [];
    const log = await openLog(message => warnings.push(message));
    expect(log.of('ren\ufffd')).toBeUndefined();
    expect(log.of('u1')?.map(({ itemId }) => itemId)).toEqual(['a', 'c']);
    expect(warnings).toEqual([expect.stringContaining(`${path}, line 4: `)]);
    expect(warnings[0]).toContain('(and of 1 after it)');

    const why = 'the user has bytes that are not UTF-8';
    await expect(readRatings([path])).rejects.toMatchObject({
      code: 'bad-rows',
      fields: {
        rows: [
          { line: 4, reason: why },
          { line: 5, reason: why },
        ],
      },
    });
    const table = await readRatings([path], { skipBadRows: join(directory, 'rejected.csv') });
    expect(table.userIds).toEqual(['u1', 'u2']);
  });

  test('that are longer than any may be are passed over while they are read', async () => {
    await writtenLog();
    appendFileSync(
      path,
      `u1,${'x'.repeat(1_000_000)},1,1\nu1,${'x'.repeat(1025)},1,1\nu1,c,1,1700000000\nu1,"${'y'.repeat(500_000)}`,
    );
    const warnings: string[] = [];
    const log = await openLog(message => warnings.push(message));
    expect(log.of('u1')?.map(({ itemId }) => itemId)).toEqual(['a', 'c']);
    await log.append([event('u1', 'd')], BOTH);
    for (const each of [log, await openLog(message => warnings.push(message))]) {
      expect(each.of('u1')?.map(({ itemId }) => itemId)).toEqual(['a', 'c', 'd']);
    }
    expect(warnings[0]).toContain(`${path}, line 4: `);
  });

  test('a first line without an end is no header', async () => {
    await writtenLog();
    writeFileSync(path, 'x'.repeat(1_000_000));
    await expect(openLog()).rejects.toThrow(`its first line is "${'x'.repeat(100)}"`);
  });
});

describe('what the ratings reader takes from a log', () => {
  const id = fc
    .oneof(
      fc.constantFrom(',', '"', '""', '",', ' a', 'a ', '0', '01', '-1', '1e3', 'NULL', 'userId', "'", '💥', '\u2028'),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
      fc.string({ unit: fc.constantFrom(',', '"', ';', '|', ':', '\\', '#', ' ', 'x'), minLength: 1 }),
    )
    .filter(text => loggedId.safeParse(text).success);
  const events = fc.array(
    fc.record({
      userId: id,
      itemId: id,
      value: fc.float({ min: -1e6, max: 1e6, noNaN: true }).map(value => value + 0),
      timestamp: fc.integer({ min: 0, max: 4e9 }),
    }),
    { minLength: 1, maxLength: 30 },
  );

  test.each([
    [BOTH],
    [{ rated: true, timed: false }],
    [{ rated: false, timed: true }],
    [{ rated: false, timed: false }],
  ])('is what was logged: %o', async columns => {
    await fc.assert(
      fc.asyncProperty(events, async given => {
        rmSync(path, { force: true });
        const log = await openLog();
        await log.append(given, columns);
        const table = await readRatings([path], { repeats: 'last' });
        const read = Array.from(table.users, (user, row) => ({
          userId: table.userIds[user],
          itemId: table.itemIds[table.items[row]!],
          value: table.rated ? table.values[row] : undefined,
          timestamp: table.timestamps ? table.timestamps[row] : 0,
        }));
        const kept = [...new Set(given.map(({ userId }) => userId))].flatMap(userId =>
          log.of(userId)!.map(({ total: _, ...event }) => event),
        );
        const sorted = (list: readonly unknown[]) => list.map(entry => JSON.stringify(entry)).sort();
        expect(sorted(read)).toEqual(sorted(kept));
        const again = await openLog();
        for (const { userId } of given) expect(again.of(userId)).toEqual(log.of(userId));
        for (const each of opened.splice(0)) each.close();
      }),
      { numRuns: 25, seed: 1 },
    );
  });
});

describe('a broken last line', () => {
  test('wherever it breaks off, is gone at the next start', async () => {
    await writtenLog();
    const whole = text();
    const line = 'u3,"c,c",2.5,1700000000';
    for (let length = 1; length <= line.length; length++) {
      writeFileSync(path, whole + line.slice(0, length));
      const log = await openLog();
      expect(log.of('u3')).toBeUndefined();
      expect(text()).toBe(`${whole}${'\n'.repeat(length + 1)}`);
    }
    expect(await itemsOf('u2')).toEqual(['b']);
  });

  test('of another process that died is gone with the next write', async () => {
    const log = await openLog();
    await log.append([event('u1', 'a')], BOTH);
    appendFileSync(path, 'u1,b,1,17');
    await log.append([event('u1', 'c')], BOTH);
    expect(await itemsOf('u1')).toEqual(['a', 'c']);
  });

  test('of another process that goes on is left alone', async () => {
    const log = await openLog();
    await log.append([event('u1', 'a')], BOTH);
    appendFileSync(path, 'u1,b,1,17');
    await duringNextWrite(() => appendFileSync(path, '00000000\n'));
    await log.append([event('u1', 'c')], BOTH);
    expect(await itemsOf('u1')).toEqual(['a', 'b', 'c']);
  });

  test('that our write turns out to continue costs only itself', async () => {
    const warnings: string[] = [];
    const log = await openLog(message => warnings.push(message));
    await log.append([event('u1', 'a')], BOTH);
    await duringNextWrite(() => appendFileSync(path, 'u1,b,1,17'));
    await log.append([event('u1', 'c'), event('u1', 'd')], BOTH);
    expect(log.of('u1')?.map(({ itemId }) => itemId)).toEqual(['a', 'c', 'd']);
    expect(warnings).toEqual([expect.stringContaining(`${path}, line 3: `)]);
  });

  test('of a write that the disk had no room for is overwritten, and nothing is said to be logged', async () => {
    const log = await openLog();
    await log.append([event('u1', 'a')], BOTH);
    await duringNextWrite(() => {}, 30);
    const failed = log.append([event('u1', 'b'), event('u1', 'c')], BOTH);
    await expect(failed).rejects.toMatchObject({ code: 'events-unavailable', fields: { path } });
    expect((await readRatings([path])).itemIds).toEqual(['a', 'b']);
    expect(await itemsOf('u1')).toEqual(['a', 'b']);
    await log.append([event('u1', 'd')], BOTH);
    expect(await itemsOf('u1')).toEqual(['a', 'b', 'd']);
  });
});

describe('a log that others change', () => {
  test('damaged lines are passed over, with a warning that names file and line', async () => {
    await writtenLog();
    appendFileSync(path, 'u1,c,much,1700000000\nu1,d\n\nu1,"e"e,1,1700000000\nu1,,1,1\nu1,f,1,1700000000\n');
    const warnings: string[] = [];
    const log = await openLog(message => warnings.push(message));
    expect(log.of('u1')?.map(({ itemId }) => itemId)).toEqual(['a', 'f']);
    expect(warnings).toEqual([
      `${path}, line 4: expected userId,itemId,rating,timestamp in UTF-8, with ids of at most 1024 characters. ` +
        'The event of this line (and of 3 after it) is lost.',
    ]);
  });

  test('moved away, it begins anew', async () => {
    const log = await openLog();
    await log.append([event('u1', 'a'), event('u2', 'b')], BOTH);
    const old = text();
    renameSync(path, join(directory, 'old.csv'));
    await log.catchUp();
    expect(log.of('u1')).toBeUndefined();
    await log.append([event('u1', 'c')], BOTH);
    expect(log.of('u1')?.map(({ itemId }) => itemId)).toEqual(['c']);
    expect(text()).toBe(`${HEADER}u1,c,1,1700000000\n`);
    expect(readFileSync(join(directory, 'old.csv'), 'utf8')).toBe(old);

    renameSync(path, join(directory, 'older.csv'));
    await log.append([event('u1', 'd')], { rated: false, timed: false });
    expect(log.of('u1')?.map(({ itemId }) => itemId)).toEqual(['d']);
    expect(text()).toBe('userId,itemId\nu1,d\n');
  });

  test('cut, it is read again', async () => {
    const log = await openLog();
    await log.append([event('u1', 'a'), event('u2', 'b')], BOTH);
    writeFileSync(path, `${HEADER}u3,c,1,1\n`);
    await log.catchUp();
    expect([log.of('u1'), log.of('u3')?.length]).toEqual([undefined, 1]);
  });

  test('with a header of its own it is refused, and left as it is', async () => {
    const log = await openLog();
    await log.append([event('u1', 'a')], BOTH);
    for (const content of ['user;item\nu;i\n', '']) {
      writeFileSync(path, content);
      await expect(log.append([event('u1', 'b')], BOTH)).rejects.toMatchObject({ code: 'events-unavailable' });
      expect(text()).toBe(content);
    }
    writeFileSync(path, 'user;item\nu;i\n');
    await expect(openLog()).rejects.toThrow(`${path} cannot be used: its first line is "user;item"`);
    rmSync(path);
    await log.append([event('u1', 'c')], BOTH);
    expect(log.of('u1')).toEqual([event('u1', 'c')]);
  });

  test('a directory that cannot be one is named', async () => {
    await writtenLog();
    await expect(CsvEventLog.open(path, expect.fail)).rejects.toMatchObject({ code: 'events-unavailable' });
    expect(statSync(path).isFile()).toBe(true);
  });
});
