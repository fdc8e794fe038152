import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { HeldRefusals } from '../../../src/serve/http/held-refusals.js';
import type { RunningServer, ServeOptions } from '../../../src/serve/http/server.js';
import { serveForTest } from '../../support/running.js';
import { liveWith, smallService } from '../../support/small-service.js';

const running: RunningServer[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(running.splice(0).map(server => server.close()));
});

async function start(options: Partial<ServeOptions> = {}): Promise<RunningServer> {
  const server = await serveForTest(options);
  running.push(server);
  return server;
}

/** A connection, once the server has accepted it or closed it. */
async function open({ url }: RunningServer): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  sockets.push(socket);
  await new Promise(resolve => socket.once('connect', resolve));
  return socket;
}

const GET = 'GET /v1/popular HTTP/1.1\r\nHost: a\r\n\r\n';

/** Sends something and waits for so many replies. */
function ask(socket: Socket, bytes: string, replies = 1): Promise<string[]> {
  return new Promise(resolve => {
    let got = '';
    const onData = (chunk: Buffer) => {
      got += chunk;
      const statuses = [...got.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status!);
      if (statuses.length < replies) return;
      socket.off('data', onData);
      resolve(statuses);
    };
    socket.on('data', onData);
    socket.write(bytes);
  });
}

const isClosed = (socket: Socket) =>
  new Promise<boolean>(resolve => socket.once('close', () => resolve(true)).resume());

describe('connections beyond the bound', () => {
  test('take the place of those that have got no reply, the oldest first', async () => {
    const server = await start({ maxConnections: 3 });
    const silent = [await open(server), await open(server), await open(server)];
    const gone = [isClosed(silent[0]!), isClosed(silent[1]!)];
    const honest = [await open(server), await open(server)];
    for (const socket of honest) expect(await ask(socket, GET)).toEqual(['200']);
    expect(await Promise.all(gone)).toEqual([true, true]);
    expect(await ask(silent[2]!, GET)).toEqual(['200']);
  });

  test('leave those that go on asking alone, however many come and only hold on', async () => {
    const server = await start({ maxConnections: 4 });
    const honest = await open(server);
    const gone: Promise<boolean>[] = [];
    for (let i = 0; i < 30; i++) {
      expect(await ask(honest, GET)).toEqual(['200']);
      const socket = await open(server);
      gone.push(isClosed(socket));
      socket.write(
        'POST /v1/recommendations HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
      );
    }
    expect(await ask(honest, GET)).toEqual(['200']);
    expect(await Promise.all(gone.slice(0, 27))).not.toContain(false);
  });

  test('leave one alone that waits for its reply', async () => {
    let finish = () => {};
    let arrived = () => {};
    const hasArrived = new Promise<void>(resolve => {
      arrived = resolve;
    });
    const append = () =>
      new Promise<void>(resolve => {
        finish = resolve;
        arrived();
      });
    const server = await start({ maxConnections: 2, live: liveWith(smallService(), { append } as never) });
    const waiting = await open(server);
    const body = '{"events":[{"userId":"ann","itemId":"a"}]}';
    const reply = ask(
      waiting,
      'POST /v1/events HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n' +
        `Content-Length: ${body.length}\r\n\r\n${body}`,
    );
    await hasArrived;
    for (let i = 0; i < 10; i++) await open(server);
    expect(await ask(await open(server), GET)).toEqual(['200']);
    finish();
    expect((await reply)[0]).toMatch(/^20/);
  });
});

describe('a connection whose request was refused', () => {
  test('is read again: what it asks later is answered', async () => {
    // Requests have no time, so that those which come together are refused but for the first.
    const server = await start({ maxTurnMs: 0 });
    const socket = await open(server);
    const statuses = await ask(socket, GET.repeat(12), 12);
    expect(statuses).toEqual(statuses.toSorted());
    expect(statuses).toContain('200');
    expect(statuses).toContain('503');
    for (let i = 0; i < 3; i++) expect(await ask(socket, GET)).toEqual(['200']);
  });

  test('is ended if it has sent very many at once, after the replies that were sent', async () => {
    const server = await start({ maxTurnMs: 0 });
    const socket = await open(server);
    socket.write(GET.repeat(500));
    const replies = (await text(socket)).match(/HTTP\/1\.1 \d+/g)!;
    expect(replies.length).toBeGreaterThan(16);
    expect(replies.length).toBeLessThan(40);
    expect(replies.at(-1)).toBe('HTTP/1.1 503');
    expect(await ask(await open(server), GET)).toEqual(['200']);
  });

  test('hears it when its turn comes: in the order of the refusals, a part each time', () => {
    vi.useFakeTimers();
    const refusals = new HeldRefusals(() => false);
    const heard: number[] = [];
    for (let i = 0; i < 500; i++) refusals.add({} as Socket, () => void heard.push(i));
    expect(heard).toEqual([]);
    for (let before = 0; refusals.some; before = heard.length) {
      vi.advanceTimersToNextTimer();
      expect(heard.length).toBeGreaterThan(before);
      expect(heard.length - before).toBeLessThanOrEqual(100);
    }
    expect(heard).toEqual(Array.from({ length: 500 }, (_, i) => i));
  });
});
