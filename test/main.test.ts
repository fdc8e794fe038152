import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import autocannon from 'autocannon';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openRecommender } from '../src/recommend/open-recommender.js';
import { loadNewestSnapshot } from '../src/snapshot/newest-snapshot.js';
import type { SnapshotStore } from '../src/snapshot/store.js';
import { hashOf } from './support/running.js';
import { killServices, launch, startListening } from './support/service-process.js';
import { buildSmallSnapshot, smallData } from './support/small-snapshot.js';

afterEach(killServices);

/** Runs the process to its own end. */
async function run(environment: Record<string, string>, args: string[] = []) {
  const { child, ended } = launch(environment, args);
  const [stdout, stderr, status] = await Promise.all([text(child.stdout!), text(child.stderr!), ended]);
  return { status, stdout, stderr };
}

describe('refusing to start', () => {
  const empty = mkdtempSync(join(tmpdir(), 'shortlist-empty-'));

  test('--help explains every variable', async () => {
    const { status, stdout, stderr } = await run({}, ['--help']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const name of ['SNAPSHOTS', 'HOST', 'PORT', 'LOG_LEVEL', 'MAX_BODY_BYTES', 'SHUTDOWN_TIMEOUT_MS']) {
      expect(stdout).toMatch(new RegExp(`^ +${name} +\\S.*\\n +Default: \\S+$`, 'm'));
    }
  });

  test.each([
    {
      name: 'a flag it does not know',
      args: ['--port'],
      environment: {},
      status: 2,
      stderr: "error [usage]: unknown option '--port'\nAll variables: npm start -- --help\n",
    },
    {
      name: 'an argument',
      args: ['now'],
      environment: {},
      status: 2,
      stderr: expect.stringMatching(/^error \[usage\]: too many arguments.*\nAll variables: npm start -- --help\n$/),
    },
    {
      name: 'a variable that makes no sense',
      environment: { PORT: 'http' },
      status: 2,
      stderr:
        'error [invalid-config]: The environment is not valid: PORT is "http", expected a whole number from 0 to 65535.\n',
    },
    {
      name: 'no snapshot',
      environment: { SNAPSHOTS: empty },
      status: 1,
      stderr: expect.stringMatching(/^error \[no-snapshot\]: [^\n]*npm run rebuild[^\n]*\n$/),
    },
  ])('$name: what is wrong, status $status', async ({ args, environment, status, stderr }) => {
    expect(await run(environment as Record<string, string>, args)).toEqual({ status, stdout: '', stderr });
  });
});

describe('serving a snapshot', () => {
  let store: SnapshotStore;
  beforeAll(async () => {
    ({ store } = await buildSmallSnapshot({ sources: ['exact', 'clusters'] }));
  });

  test('replies are those of the recommender, and SIGTERM ends it in peace', async () => {
    const { child, ended, log, url } = await startListening({ SNAPSHOTS: store.directory });
    const recommender = await openRecommender(await loadNewestSnapshot(store, expect.fail), expect.fail);
    const userId = smallData.table.userIds[0]!;
    for (const user of [userId, 'nobody']) {
      const reply = await fetch(`${url}/v1/users/${encodeURIComponent(user)}/recommendations?limit=5`);
      expect(await reply.json()).toEqual(recommender.recommend({ userId: user, limit: 5 }));
    }
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(log().at(-1)).toMatchObject({ msg: 'stopped' });
  });

  test('requests leave nothing in the old generation: what they did would make all pauses of the collector longer', async () => {
    // So much room that the old generation is not collected meanwhile.
    const { url } = await startListening({ SNAPSHOTS: store.directory }, ['--initial-old-space-size=1000']);
    const requests = smallData.table.userIds.map(id => ({
      path: `/v1/users/${encodeURIComponent(id)}/recommendations`,
    }));
    const oldBytes = async () => {
      const metrics = await (await fetch(`${url}/metrics`)).text();
      return Number(/^nodejs_heap_space_size_used_bytes\{space="old"\} (\d+)$/m.exec(metrics)?.[1]);
    };
    const send = async (amount: number) => {
      const { '2xx': answered } = await autocannon({ url, requests, amount, connections: 20 });
      expect(answered).toBe(amount);
    };
    // So long that code is compiled and caches are full.
    await send(10_000);
    const before = await oldBytes();
    await send(6000);
    expect((await oldBytes()) - before).toBeLessThan(6000 * 500);
  });

  test('a port that is taken: one line with what to do, status 1', async () => {
    const { url } = await startListening({ SNAPSHOTS: store.directory });
    const { port } = new URL(url);
    expect(await run({ SNAPSHOTS: store.directory, PORT: port })).toEqual({
      status: 1,
      stdout: '',
      stderr: `error [port-in-use]: Port ${port} on 127.0.0.1 is taken by another process. Stop that one, or choose another PORT.\n`,
    });
  });

  test('killed on the spot, it starts again on the same port', async () => {
    const first = await startListening({ SNAPSHOTS: store.directory });
    first.child.kill('SIGKILL');
    expect(await first.ended).toBe('SIGKILL');
    const second = await startListening({ SNAPSHOTS: store.directory, PORT: new URL(first.url).port });
    expect((await fetch(`${second.url}/health/ready`)).status).toBe(200);
  });

  test('several processes share a port, replace each other, change snapshots together and end together', async () => {
    const { store: two, manifest: first } = await buildSmallSnapshot({ sources: ['exact'] });
    const { manifest: second } = await buildSmallSnapshot({ sources: ['exact'] }, smallData, two);
    const { child, ended, log, url, pids } = await startListening({
      SNAPSHOTS: two.directory,
      PROCESSES: '2',
      RELOAD_INTERVAL_MS: '0',
      ADMIN_KEYS_SHA256: hashOf('admin'),
    });
    const until = async (isDone: () => boolean | Promise<boolean>) => {
      while (!(await isDone())) await new Promise(setImmediate);
    };
    await until(() => pids().length === 2);
    expect(new Set(pids()).size).toBe(2);

    process.kill(pids()[0]!, 'SIGKILL');
    await until(() => pids().length === 3);

    expect(
      (await fetch(`${url}/v1/admin/rollback`, { method: 'POST', headers: { 'X-Api-Key': 'admin' } })).status,
    ).toBe(200);
    const change = `snapshot ${first.id} answers now`;
    await until(() => log().filter(({ msg }) => msg === change).length === 2);
    expect(await (await fetch(`${url}/v1/snapshot`)).json()).toMatchObject({ id: first.id });
    await two.makeCurrent(second.id);
    child.kill('SIGHUP');
    await until(() => log().filter(({ msg }) => msg === `snapshot ${second.id} answers now`).length === 2);

    // Counted by whichever process answered.
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toMatch(/shortlist_request_seconds_count\{operation="rollback"\} 1\n/);
    expect(metrics).toMatch(/shortlist_request_seconds_count\{operation="snapshot"\} 1\n/);

    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(log().filter(({ msg }) => msg === 'stopped')).toHaveLength(2);
  });

  test('several processes that cannot start say so once', async () => {
    const empty = mkdtempSync(join(tmpdir(), 'shortlist-empty-'));
    const { status, stderr } = await run({ SNAPSHOTS: empty, PROCESSES: '2' });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^error \[no-snapshot\]: [^\n]*\n$/);
  });
});
