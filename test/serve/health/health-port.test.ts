import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { SnapshotStore } from '../../../src/snapshot/store.js';
import { hashOf } from '../../support/running.js';
import { newDirectory } from '../../support/scratch-directory.js';
import { type ServiceProcess, startProcess } from '../../support/service-process.js';
import { buildSmallSnapshot, smallData } from '../../support/small-snapshot.js';

const started: ServiceProcess[] = [];
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const { child } of started.splice(0)) child.kill('SIGKILL');
});

function start(...[environment, how]: Parameters<typeof startProcess>): ServiceProcess {
  const service = startProcess({ SNAPSHOTS: store.directory, ...environment }, how);
  started.push(service);
  return service;
}

async function healthUrlOf(service: ServiceProcess): Promise<string> {
  return (await service.lines('healthUrl'))[0]!.healthUrl!;
}

const statusOf = async (url: string) => (await fetch(url)).status;

async function until(isDone: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isDone())) await new Promise(setImmediate);
}

let store: SnapshotStore;
beforeAll(async () => {
  ({ store } = await buildSmallSnapshot({ sources: ['exact'] }));
});

describe('the port for health', () => {
  test.each([1, 2])('with %i processes, it answers while all that answer requests are busy', async count => {
    const directory = newDirectory();
    const [blocked, release] = [join(directory, 'blocked'), join(directory, 'release')];
    // On a signal, the thread that answers requests does nothing else until it is released.
    const block = `data:text/javascript,import fs from 'node:fs'; import { isMainThread } from 'node:worker_threads';
      if (isMainThread) process.on('SIGWINCH', () => {
        fs.writeFileSync('${blocked}' + process.pid, '');
        while (!fs.existsSync('${release}'));
      });`;
    const service = start({ PROCESSES: String(count), HEALTH_PORT: '0' }, { nodeArgs: ['--import', block] });
    const health = await healthUrlOf(service);
    const answering = await service.lines('url', count);
    await until(async () => (await statusOf(`${health}/health/ready`)) === 200);
    await until(async () => (await statusOf(`${health}/metrics`)) === 200);
    // It has nothing else, and takes no other methods.
    expect(await (await fetch(`${health}/v1/popular`)).json()).toMatchObject({ status: 404, code: 'not-found' });
    const posted = await fetch(`${health}/health/live`, { method: 'POST' });
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD']);

    for (const { pid } of answering) process.kill(pid, 'SIGWINCH');
    await until(() => answering.every(({ pid }) => existsSync(blocked + pid)));
    expect(await statusOf(`${health}/health/live`)).toBe(200);
    expect(await (await fetch(`${health}/health/ready`)).json()).toEqual({ status: 'ok' });
    const metrics = await fetch(`${health}/metrics`);
    expect(metrics.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await metrics.text()).toContain('# TYPE shortlist_request_seconds histogram');

    writeFileSync(release, '');
    expect(await statusOf(`${answering[0]!.url}/health/live`)).toBe(200);
  });

  test.each([1, 2])('with %i processes, it says at once that the service stops, and ends last', async count => {
    const service = start({ PROCESSES: String(count), HEALTH_PORT: '0', SHUTDOWN_TIMEOUT_MS: '60000' });
    const health = await healthUrlOf(service);
    const [{ url } = { url: '' }] = await service.lines('url', count);
    await until(async () => (await statusOf(`${health}/health/ready`)) === 200);
    // A request that is not finished holds the service up.
    const body = '{"limit":1}';
    const { hostname, port } = new URL(url!);
    const socket = connect(Number(port), hostname);
    sockets.push(socket);
    socket.write(
      'POST /v1/recommendations HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n' +
        `Content-Length: ${body.length}\r\nExpect: 100-continue\r\n\r\n`,
    );
    // It has been read, and its body is waited for.
    await new Promise(resolve => socket.once('data', resolve));
    service.child.kill('SIGTERM');
    await until(async () => (await statusOf(`${health}/health/ready`)) === 503);
    expect(await (await fetch(`${health}/health/ready`)).json()).toMatchObject({
      code: 'not-ready',
      detail: 'The service is shutting down.',
    });
    expect(await statusOf(`${health}/health/live`)).toBe(200);
    socket.write(body);
    expect(await service.ended).toBe(0);
    await expect(fetch(`${health}/health/live`)).rejects.toThrow();
  });

  test('one that is taken is named', async () => {
    const other = createServer();
    await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const service = start({ HEALTH_PORT: String(port) });
    expect(await service.ended).toBe(1);
    expect(service.stderr()).toBe(
      `error [port-in-use]: Port ${port} on 127.0.0.1 is taken by another process. Stop that one, or choose another HEALTH_PORT.\n`,
    );
    other.close();
  });
});

describe('where descriptors are few', () => {
  test('more connections than there are descriptors take down neither health nor reloads nor events', async () => {
    const service = start(
      { EVENTS: newDirectory(), ADMIN_KEYS_SHA256: hashOf('admin') },
      { prefix: ['sh', '-c', 'ulimit -n 128 && exec "$0" "$@"'] },
    );
    const [{ url } = { url: '' }] = await service.lines('url');
    const { hostname, port } = new URL(url!);
    let closed = 0;
    for (let i = 0; i < 300; i++) {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => {}).on('close', () => closed++);
      sockets.push(socket);
    }
    // Each of the others has been accepted and had to make room.
    await until(() => closed >= 300 - 32);
    expect(await statusOf(`${url}/health/ready`)).toBe(200);
    const event = { userId: smallData.table.userIds[0], itemId: smallData.table.itemIds[0] };
    const logged = await fetch(`${url}/v1/events`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ events: [event] }),
    });
    expect(await logged.json()).toMatchObject({ accepted: 1 });
    const reloaded = await fetch(`${url}/v1/admin/reload`, { method: 'POST', headers: { 'X-Api-Key': 'admin' } });
    expect(reloaded.status).toBe(200);
  });
});
