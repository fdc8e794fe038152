import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CsvEventLog } from '../../src/recommend/events/csv-log.js';
import { ShortlistClient } from '../../src/serve/client/shortlist-client.js';
import { readConfig } from '../../src/serve/config.js';
import { type Service, startService } from '../../src/serve/service.js';
import type { SnapshotStore } from '../../src/snapshot/store.js';
import { runScript } from '../support/run-script.js';
import { hashOf } from '../support/running.js';
import { buildSmallSnapshot, smallData } from '../support/small-snapshot.js';

const userId = smallData.table.userIds[0]!;

let store: SnapshotStore;
let first: string;
let second: string;
let service: Service;
let client: ShortlistClient;
let log: { msg: string }[];
let onChange = () => {};

async function start(environment: Record<string, string> = {}): Promise<void> {
  log = [];
  const logger = pino({ level: 'info' }, { write: line => void log.push(JSON.parse(line)) });
  const config = readConfig({
    SNAPSHOTS: store.directory,
    PORT: '0',
    RELOAD_INTERVAL_MS: '0',
    ADMIN_KEYS_SHA256: hashOf('admin'),
    ...environment,
  });
  service = await startService(config, logger, () => onChange());
  client = new ShortlistClient(service.url, { headers: { Authorization: 'Bearer admin' } });
}

beforeEach(async () => {
  const built = await buildSmallSnapshot({ sources: ['clusters'] });
  store = built.store;
  first = built.manifest.id;
});
afterEach(() => service.close());

/** Publishes another snapshot, by other factors. */
async function publishSecond(): Promise<void> {
  second = (await buildSmallSnapshot({ sources: ['exact'], seed: 2 }, smallData, store)).manifest.id;
}

async function damage(id: string): Promise<void> {
  const path = join(store.directory, id, 'user-factors.f32');
  const bytes = await readFile(path);
  bytes[64]! ^= 1;
  await writeFile(path, bytes);
}

const serving = async () => (await client.recommendForUser(userId)).snapshot;

describe('reload', () => {
  test('switches to the current snapshot, whose replies are then its own', async () => {
    await start();
    await publishSecond();
    expect(await serving()).toBe(first);
    expect(await client.reload()).toEqual({ snapshot: second, previous: first });
    expect(await client.reload()).toEqual({ snapshot: second, previous: second });
    const reply = await client.recommendForUser(userId, { limit: 5 });
    expect(reply).toMatchObject({ snapshot: second, retrieval: { source: 'exact' } });
    const { items, catalogue } = await store.open(second);
    for (const { itemId, title } of reply.items) expect(title).toBe(catalogue.titleOf(items.indexOf(itemId)!));
    expect(await client.snapshot()).toMatchObject({ id: second });
  });

  test('refuses a damaged snapshot, says so, and the old one stays', async () => {
    await start();
    await publishSecond();
    await damage(second);
    await expect(client.reload()).rejects.toMatchObject({ status: 409, problem: { code: 'snapshot-damaged' } });
    expect(await serving()).toBe(first);
    // Nor does a process start with it.
    await service.close();
    await start();
    expect(await serving()).toBe(first);
    expect(log.some(({ msg }) => msg.startsWith(`Snapshot ${second} is passed over.`))).toBe(true);
  });

  test('happens by itself when another snapshot becomes the current one', async () => {
    await start({ RELOAD_INTERVAL_MS: '1' });
    const changed = new Promise<void>(resolve => {
      onChange = resolve;
    });
    await publishSecond();
    await changed;
    expect(await serving()).toBe(second);
  });

  test('takes up lists that a batch has made since', async () => {
    const lists = join(store.directory, 'lists.jsonl');
    await start({ RELOAD_INTERVAL_MS: '1', PRECOMPUTED: lists });
    const source = async () => (await client.recommendForUser(userId)).retrieval.source;
    expect(await source()).toBe('clusters');
    const changed = new Promise<void>(resolve => {
      onChange = resolve;
    });
    await runScript('batch', ['--snapshots', store.directory, '--out', lists]);
    await changed;
    expect(await source()).toBe('precomputed');
  });

  test('many at once come to the same, and requests in between are all answered by one snapshot each', async () => {
    await start();
    await publishSecond();
    const ids = { [first]: 'clusters', [second]: 'exact' };
    const requests = Array.from({ length: 200 }, () => client.recommendForUser(userId));
    const changes = await Promise.all([client.reload(), client.reload(), client.rollback(), client.reload()]);
    expect(changes).toEqual([
      { snapshot: second, previous: first },
      { snapshot: second, previous: second },
      { snapshot: first, previous: second },
      { snapshot: first, previous: first },
    ]);
    for (const { snapshot, retrieval } of await Promise.all(requests)) expect(retrieval.source).toBe(ids[snapshot]);
  });
});

test('where the port is taken, the log of events is closed again', async () => {
  await start();
  const closed = vi.spyOn(CsvEventLog.prototype, 'close');
  const config = readConfig({
    SNAPSHOTS: store.directory,
    EVENTS: join(store.directory, 'events'),
    PORT: new URL(service.url).port,
  });
  await expect(startService(config, pino({ level: 'silent' }))).rejects.toMatchObject({ code: 'port-in-use' });
  expect(closed).toHaveBeenCalledOnce();
  closed.mockRestore();
});

describe('rollback', () => {
  test('goes back to the snapshot before and makes it the current one', async () => {
    await publishSecond();
    await start();
    expect(await serving()).toBe(second);
    expect(await client.rollback()).toEqual({ snapshot: first, previous: second });
    expect(await serving()).toBe(first);
    expect(await store.current()).toBe(first);
    await expect(client.rollback()).rejects.toMatchObject({ status: 409, problem: { code: 'no-earlier-snapshot' } });
    expect(await client.rollback({ to: second })).toEqual({ snapshot: second, previous: first });
    expect(await store.current()).toBe(second);
  });

  test('to a damaged or unknown snapshot changes nothing', async () => {
    await publishSecond();
    await damage(first);
    await start();
    await expect(client.rollback()).rejects.toMatchObject({ status: 409, problem: { code: 'snapshot-damaged' } });
    await expect(client.rollback({ to: '../elsewhere' })).rejects.toMatchObject({
      status: 404,
      problem: { code: 'unknown-snapshot', errors: [{ in: 'query', field: 'to' }] },
    });
    expect(await serving()).toBe(second);
    expect(await store.current()).toBe(second);
  });
});
