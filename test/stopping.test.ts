import { rename } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { SnapshotStore } from '../src/snapshot/store.js';
import { ask, connected, get, KeepAliveClients } from './support/keep-alive-clients.js';
import { killServices, startListening } from './support/service-process.js';
import { buildSmallSnapshot, smallData } from './support/small-snapshot.js';

/** How often the service is stopped, or restarted, under load: DRAIN_RUNS=50 for a long check. */
const RUNS = Number(process.env.DRAIN_RUNS ?? 1);
/** Where others have the processor for a while, nobody is refused for load. */
const STALLING = { MAX_TURN_MS: '10000' };
const CLIENTS = 16;

let store: SnapshotStore;
beforeAll(async () => {
  ({ store } = await buildSmallSnapshot({ sources: ['exact'] }));
});
afterEach(killServices);

const users = smallData.table.userIds.slice(0, 20).map(id => `/v1/users/${encodeURIComponent(id)}/recommendations`);
const requests = users.map(get);

/** Starts it and waits until all of its processes are ready. */
async function start(environment: Record<string, string | undefined>) {
  const service = await startListening({
    ...STALLING,
    SNAPSHOTS: store.directory,
    RELOAD_INTERVAL_MS: '0',
    ...environment,
  });
  const processes = Number(environment.PROCESSES ?? 1);
  if (processes > 1) await service.logged(/^listening/, processes);
  expect(await statusOf(service.url, '/health/ready')).toBe('200');
  return service;
}

const statusOf = async (url: string, path: string) => (await askOnce(url, get(path))).split(' ')[1];

async function askOnce(url: string, request: string): Promise<string> {
  const socket = await connected(url);
  const reply = await ask(socket, request);
  socket.destroy();
  return reply;
}

/** A request with a body in two parts. */
function post(path: string, body: string): [string, string] {
  const head = `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
  return [head + body.slice(0, 5), body.slice(5)];
}

describe.each(['1', '2'])('SIGTERM to %s process(es)', PROCESSES => {
  test('loses no request of clients that ask without a pause', async () => {
    for (let run = 0; run < RUNS; run++) {
      const { child, ended, url } = await start({ PROCESSES, DRAIN_MS: '300' });
      const clients = [true, false].map(keepsAlive => new KeepAliveClients(url, CLIENTS / 2, requests, keepsAlive));
      await Promise.all(clients.map(some => some.answers(5)));
      for (const some of clients) some.mayBeRefused = true;
      child.kill('SIGTERM');
      expect(await ended).toBe(0);
      for (const some of clients) {
        await some.ended();
        expect(some.failures).toEqual([]);
        expect(some.closed).toBeGreaterThanOrEqual(CLIENTS / 2);
      }
    }
  });

  test('answers requests that come with it or began before it, while it says that it is not ready', async () => {
    const { child, ended, log, url, logged } = await start({ PROCESSES, DRAIN_MS: undefined });
    const idle = await Promise.all(Array.from({ length: 32 }, () => connected(url)));
    for (const socket of idle) expect(await ask(socket, requests[0]!)).toMatch(/^HTTP\/1\.1 200 /);
    const [begun, rest] = post('/v1/recommendations', JSON.stringify({ userId: 'nobody' }));
    const uploading = await connected(url);
    uploading.write(begun);
    const batch = JSON.stringify({ userIds: Array.from({ length: 500 }, () => smallData.table.userIds[0]), limit: 20 });
    const long = askOnce(url, post('/v1/recommendations/batch', batch).join(''));

    child.kill('SIGTERM');
    const last = await Promise.all(idle.map(socket => ask(socket, requests[0]!)));
    await logged('SIGTERM: finishing');
    for (const reply of [...last, await long]) expect(reply).toMatch(/^HTTP\/1\.1 200 /);
    await expect.poll(() => statusOf(url, '/health/ready')).toBe('503');
    expect(await askOnce(url, get('/metrics'))).toMatch(/^HTTP\/1\.1 200 OK\r\n(.*\r\n)*Connection: close\r\n/);
    expect(await askOnce(url, requests[0]!)).toMatch(/^HTTP\/1\.1 200 OK\r\n(.*\r\n)*Connection: close\r\n/);
    expect(await ask(uploading, rest)).toMatch(/^HTTP\/1\.1 200 OK\r\n(.*\r\n)*Connection: close\r\n/);
    expect(await ended).toBe(0);
    expect(log().filter(({ msg }) => msg === 'stopped')).toHaveLength(Number(PROCESSES));
  });

  test('a second one ends it at once', async () => {
    const { child, ended, logged } = await start({ PROCESSES, DRAIN_MS: '3600000' });
    child.kill('SIGTERM');
    await logged('SIGTERM: finishing');
    child.kill('SIGTERM');
    expect(await ended).toBe(1);
  });
});

test('SIGUSR2 restarts one process after the other, and no client notices', async () => {
  const { child, url, pids, logged } = await start({ PROCESSES: '2', DRAIN_MS: '100' });
  const clients = new KeepAliveClients(url, CLIENTS, [...requests, get('/health/ready')]);
  const runs = RUNS === 1 ? 2 : RUNS;
  for (let run = 1; run <= runs; run++) {
    child.kill('SIGUSR2');
    await logged('a new process takes the place of an old one', 2 * run);
    await logged('stopped', 2 * run);
  }
  await clients.answers(1);
  await clients.stop();
  expect(clients.failures).toEqual([]);
  expect(new Set(pids()).size).toBe(2 * (runs + 1));
});

describe('a process that is killed', () => {
  test('loses the requests that it was answering, and its replacement answers once it is ready', async () => {
    const { url, pids, logged } = await start({ PROCESSES: '2' });
    const clients = new KeepAliveClients(url, CLIENTS, requests);
    await clients.answers(5);
    process.kill(pids()[0]!, 'SIGKILL');
    await logged(/^listening/, 3);
    await clients.answers(5);
    await clients.stop();
    // No connection that was not its own, and nothing that says "not ready".
    expect(clients.failures.length).toBeLessThanOrEqual(CLIENTS);
    for (const failure of clients.failures) expect(failure).toMatch(/^(ECONNRESET|EPIPE|closed)$/);
  });

  test('loses no connection that was on its way to it', async () => {
    const { url, pids } = await start({ PROCESSES: '2' });
    process.kill(pids()[0]!, 'SIGSTOP');
    const sockets: Socket[] = await Promise.all(Array.from({ length: 8 }, () => connected(url)));
    const replies = sockets.map(socket => ask(socket, requests[0]!));
    // All the others are answered by the process that is left.
    let answered = 0;
    for (const reply of replies) void reply.then(() => answered++);
    await expect.poll(() => answered, { timeout: 20_000 }).toBe(7);
    process.kill(pids()[0]!, 'SIGKILL');
    for (const reply of await Promise.all(replies)) expect(reply).toMatch(/^HTTP\/1\.1 200 /);
    for (const socket of sockets) socket.destroy();
  });

  test('in a loop is restarted less and less often; a restart is given up; readiness tells when none is left', async () => {
    const { store: own } = await buildSmallSnapshot({ sources: ['exact'] });
    const { child, url, pids, logged } = await start({ PROCESSES: '2', SNAPSHOTS: own.directory });
    const [first, second] = pids();
    await rename(own.directory, `${own.directory}-away`);
    process.kill(first!, 'SIGKILL');
    const died = 'a process of the service died';
    expect(await logged(died, 2)).toMatchObject([
      { deaths: 1, restartInMs: 1000 },
      { deaths: 2, restartInMs: 2000 },
    ]);
    child.kill('SIGUSR2');
    await logged('restart given up');
    expect(await statusOf(url, '/health/ready')).toBe('200');

    process.kill(second!, 'SIGKILL');
    await logged('no process of the service is ready');
    expect([await statusOf(url, '/health/ready'), await statusOf(url, '/health/live')]).toEqual(['503', '200']);
    expect(await askOnce(url, requests[0]!)).toMatch(/^HTTP\/1\.1 503 (.*\r\n)*Retry-After: 1\r\n/);
    await rename(`${own.directory}-away`, own.directory);
    await logged(/^listening/, 3);
    await expect.poll(() => statusOf(url, '/health/ready')).toBe('200');
    child.kill('SIGTERM');
  });
});

test('when the first process is killed, the others finish their requests and end', async () => {
  const { child, ended, url, logged } = await start({ PROCESSES: '2', DRAIN_MS: '300' });
  const socket = await connected(url);
  expect(await ask(socket, requests[0]!)).not.toMatch(/^Connection: close/m);
  child.kill('SIGKILL');
  await logged('the process that accepts connections has died', 2);
  expect(await ask(socket, requests[0]!)).toMatch(/^HTTP\/1\.1 200 OK\r\n(.*\r\n)*Connection: close\r\n/);
  await logged('stopped', 2);
  // All that wrote to its output have ended.
  expect(await ended).toBe('SIGKILL');
});
