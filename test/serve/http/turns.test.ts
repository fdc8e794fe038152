import { EventEmitter } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setImmediate as loopTurn } from 'node:timers/promises';
import type { Response } from 'express';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Steps } from '../../../src/base/threads/steps.js';
import type { RecommendRequest } from '../../../src/recommend/recommendation.js';
import { LoadBound } from '../../../src/serve/http/load-bound.js';
import { LongTexts } from '../../../src/serve/http/long-texts.js';
import { problem, recommendations as recommendationsSchema } from '../../../src/serve/http/replies.js';
import { sendJson } from '../../../src/serve/http/send-json.js';
import { Turns } from '../../../src/serve/http/turns.js';
import { asJson, serveForTest } from '../../support/running.js';
import { liveWith, SNAPSHOT_ID, smallService } from '../../support/small-service.js';

test('of requests that come at once, so many are answered, the others told to come back, and all is well after', async () => {
  const server = await serveForTest({ maxTurnMs: 0 });
  try {
    const { hostname, port } = new URL(server.url);
    // Pipelined on one connection, all of them are read in the same turn.
    const socket = connect(Number(port), hostname);
    const request = (path: string, extra = '') => `GET ${path} HTTP/1.1\r\nHost: a\r\n${extra}\r\n`;
    socket.write(
      request('/v1/popular').repeat(10) + request('/health/live') + request('/v1/popular', 'Connection: close\r\n'),
    );
    const replies = await text(socket);
    expect([...replies.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status))).toEqual([
      ...Array(8).fill(200),
      ...[503, 503, 200, 503],
    ]);
    expect(replies.match(/Retry-After: 1\r\n/g)).toHaveLength(3);
    const refusals = replies.match(/\{"type":"[^}]*\}/g)!.map(body => problem.parse(JSON.parse(body)));
    expect(refusals.map(({ code }) => code)).toEqual(Array(3).fill('overloaded'));
    expect(replies).toContain(`X-Request-Id: ${refusals[0]!.requestId}\r\n`);
    expect((await fetch(`${server.url}/v1/popular`)).status).toBe(200);
    expect(await (await fetch(`${server.url}/metrics`)).text()).toContain('shortlist_overload_refusals_total 3\n');
  } finally {
    await server.close();
  }
});

describe('turns', () => {
  /** The clock stands still but for what the steps take: a slice is then always as many steps. */
  let now = 0;
  const log: string[] = [];
  beforeEach(() => {
    now = 0;
    log.length = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
  });
  afterEach(() => void vi.restoreAllMocks());

  const here = () => false;
  /** Work of so many steps, each of a millisecond. */
  function* work(name: string, steps: number): Steps<string> {
    for (let step = 1; step <= steps; step++) {
      now++;
      log.push(`${name}${step}`);
      if (step < steps) yield;
    }
    return name;
  }

  test('of batches each loop turn does one slice, and the first to come is finished first', async () => {
    const turns = new Turns(1000);
    const all = Promise.all([turns.doInTurn(work('a', 7), 7, here), turns.doInTurn(work('b', 2), 2, here)]);
    const done: number[] = [];
    for (let i = 0; i < 6; i++) {
      await loopTurn();
      done.push(log.length);
    }
    expect(await all).toEqual(['a', 'b']);
    expect(log).toEqual(['a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'a7', 'b1', 'b2']);
    expect(Math.max(...done.map((count, i) => count - (done[i - 1] ?? 0)))).toBe(3);
  });

  test('what is short is done at once, or else takes every other slice', async () => {
    const turns = new Turns(1000);
    expect(turns.doNow(work('s', 3), here)).toBe('s');
    const batch = turns.doInTurn(work('a', 9), 9, here);
    expect(await turns.doNow(work('t', 8), here)).toBe('t');
    expect(log.length).toBeLessThan(3 + 9 + 8);
    await batch;
    expect(
      log
        .slice(6)
        .map(step => step[0]!)
        .join(''),
    ).toBe('tttaaattaaaaaa');
  });

  test('one whose time to begin is over is given up before anything is done, one under way is finished', async () => {
    const turns = new Turns(10);
    const first = turns.doInTurn(work('a', 9), 9, here);
    const second = turns.doInTurn(work('b', 9), 9, here);
    const third = expect(turns.doInTurn(work('c', 1), 1, here)).rejects.toMatchObject({ code: 'deadline-exceeded' });
    expect(await first).toBe('a');
    // It came 18 ms before its end, and began within its time.
    expect(await second).toBe('b');
    await third;
    expect(log.at(-1)).toBe('b9');
  });

  test('one that is under way for longer than the deadline ends', async () => {
    await expect(new Turns(10).doInTurn(work('a', 20), 20, here)).rejects.toMatchObject({ code: 'deadline-exceeded' });
    expect(log.length).toBe(12);
    await expect(new Turns(10).doNow(work('s', 20), here)).rejects.toMatchObject({ code: 'deadline-exceeded' });
  });

  test('what could not begin in time is refused at once, once it is known how long others take', async () => {
    const turns = new Turns(10);
    await turns.doInTurn(work('a', 4), 4, here);
    const taken = [turns.doInTurn(work('b', 5), 5, here), turns.doInTurn(work('c', 6), 6, here)];
    expect(() => turns.doInTurn(work('d', 1), 1, here)).toThrow(expect.objectContaining({ code: 'overloaded' }));
    expect(await Promise.all(taken)).toEqual(['b', 'c']);
    expect(await turns.doInTurn(work('e', 1), 1, here)).toBe('e');
  });

  test('of too many at once the last are refused', async () => {
    const turns = new Turns(1000);
    const batches = Array.from({ length: 16 }, (_, i) => turns.doInTurn(work('b', 2), 2, () => i === 0));
    expect(() => turns.doInTurn(work('b', 2), 2, here)).toThrow(expect.objectContaining({ code: 'overloaded' }));
    const searches = Array.from({ length: 16 }, () => turns.doNow(work('s', 4), here));
    expect(() => turns.doNow(work('s', 4), here)).toThrow(expect.objectContaining({ code: 'overloaded' }));
    const results = await Promise.allSettled([...batches, ...searches]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', ...Array(31).fill('fulfilled')]);
  });

  test('a step that throws fails its own request alone', async () => {
    const turns = new Turns(1000);
    function* broken(): Steps<string> {
      yield;
      throw new Error('broken');
    }
    const [failed, fine] = [turns.doInTurn(broken(), 2, here), turns.doInTurn(work('a', 5), 5, here)];
    await expect(failed).rejects.toThrow('broken');
    expect(await fine).toBe('a');
  });

  test('what nobody waits for is done in a slice of its own', async () => {
    const turns = new Turns(1000);
    const batch = turns.doInTurn(work('a', 9), 9, here);
    let at = '';
    await turns.doLater(() => {
      at = log.join();
    });
    expect(['', 'a1,a2,a3']).toContain(at);
    await batch;
  });
});

describe('the bound of the load', () => {
  let now = 0;
  beforeEach(() => {
    now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
  });
  afterEach(() => void vi.restoreAllMocks());
  /** Requests of so many milliseconds each that one turn admits. */
  const admitted = async (bound: LoadBound, ms: number) => {
    let count = 0;
    for (; count < 100 && bound.admits(); count++) {
      const started = now;
      now += ms;
      bound.countHandler(started, now);
    }
    await loopTurn();
    return count;
  };

  test('counts what handlers take, but not all of what others may have had', async () => {
    const bound = new LoadBound(20);
    // At first three times as much is let through, and eight requests always.
    expect(await admitted(bound, 4)).toBe(15);
    expect(await admitted(bound, 1.5)).toBe(40);
    expect(await admitted(bound, 1000)).toBe(8);
    for (let turn = 3; turn < 10; turn++) await admitted(bound, 1.5);
    expect(await admitted(bound, 1.5)).toBe(14);
  });

  test('counts a slice of a long request in the turn after it', async () => {
    const bound = new LoadBound(20);
    bound.countSlice(5);
    expect(await admitted(bound, 1)).toBe(55);
    expect(await admitted(bound, 1)).toBe(60);
  });
});

describe('a batch', () => {
  /** Users take a millisecond each, and the clock of the machine never makes a slice longer. */
  const dear = (requests: RecommendRequest[] = []) => {
    const service = smallService(requests);
    return {
      ...service,
      recommend(request: RecommendRequest) {
        const until = performance.now() + 1;
        while (performance.now() < until);
        return service.recommend(request);
      },
    };
  };
  const users = (count: number) => Array.from({ length: count }, (_, i) => `user ${i}`);
  const post = (url: string, userIds: readonly string[], init: RequestInit = {}) =>
    fetch(`${url}/v1/recommendations/batch`, { ...asJson({ userIds, limit: 2 }), ...init });

  test('of dear users is made in slices, between which others are answered', async () => {
    const requests: RecommendRequest[] = [];
    const server = await serveForTest({ live: liveWith(dear(requests)) });
    try {
      const ids = users(300);
      const batch = post(server.url, ids).then(async response => recommendationsSchema.parse(await response.json()));
      const done: number[] = [];
      let answered = 0;
      let isOver = false;
      void batch.finally(() => {
        isOver = true;
      });
      const normal = (async () => {
        while (requests.length < ids.length) {
          await (await fetch(`${server.url}/v1/popular`)).json();
          if (requests.length > 0 && requests.length < ids.length) answered++;
        }
      })();
      while (!isOver) {
        done.push(requests.length);
        await loopTurn();
      }
      await normal;
      expect((await batch).recommendations.map(({ userId }) => userId)).toEqual(ids);
      expect(Math.max(...done.map((count, i) => count - (done[i - 1] ?? 0)))).toBeLessThanOrEqual(4);
      expect(answered).toBeGreaterThan(0);
    } finally {
      await server.close();
    }
  });

  test('computes a repeated user once, and answers as often as was asked, compressed or not', async () => {
    const requests: RecommendRequest[] = [];
    const server = await serveForTest({ live: liveWith(smallService(requests)), compressFromBytes: 1000 });
    try {
      const ids = [...Array(500).fill('ann'), 'bob', ...Array(499).fill('ann')];
      const plain = await post(server.url, ids, {
        headers: { 'Content-Type': 'application/json', 'Accept-Encoding': 'identity' },
      });
      const text = await plain.text();
      expect(plain.headers.get('content-length')).toBe(String(Buffer.byteLength(text)));
      const { recommendations, snapshot } = recommendationsSchema.parse(JSON.parse(text));
      expect(snapshot).toBe(SNAPSHOT_ID);
      const service = smallService();
      expect(recommendations).toEqual(ids.map(userId => service.recommend({ userId, limit: 2 })));
      expect(requests.map(({ userId }) => userId)).toEqual(['ann', 'bob']);
      const packed = await post(server.url, ids);
      expect(packed.headers.get('content-encoding')).toMatch(/br|gzip/);
      expect(await packed.text()).toBe(text);
    } finally {
      await server.close();
    }
  });

  test('whose client goes away is not made to its end', async () => {
    const requests: RecommendRequest[] = [];
    const server = await serveForTest({ live: liveWith(dear(requests)) });
    try {
      const controller = new AbortController();
      const batch = post(server.url, users(900), { signal: controller.signal });
      while (requests.length === 0) await loopTurn();
      controller.abort();
      await expect(batch).rejects.toThrow('abort');
      // Each turn does one user at least: where nothing is done for so many, nothing will be.
      for (let still = 0, before = -1; still < 50; before = requests.length) {
        still = requests.length === before ? still + 1 : 0;
        await loopTurn();
      }
      expect(requests.length).toBeLessThan(900);
      expect((await post(server.url, ['ann'])).status).toBe(200);
    } finally {
      await server.close();
    }
  });
});

describe('long texts', () => {
  const response = () => new EventEmitter() as ServerResponse;
  const megabyte = 'é'.repeat(2 ** 19);

  test('are bounded in bytes all together, until their responses are closed', () => {
    const texts = new LongTexts(3 * 2 ** 20);
    const responses = [response(), response()];
    for (const each of responses) texts.begin(each).add(megabyte);
    const third = texts.begin(response());
    third.add(megabyte);
    expect(() => texts.begin(response())).toThrow(expect.objectContaining({ code: 'overloaded' }));
    responses[0]!.emit('close');
    texts.begin(response()).end();
    expect(third.end().bytes).toBe(2 ** 20);
    expect(Buffer.concat(third.chunks).toString()).toBe(megabyte);
  });

  test('are bounded each', () => {
    const text = new LongTexts(2 ** 20).begin(response());
    text.add(megabyte);
    expect(() => text.add(megabyte)).toThrow(expect.objectContaining({ code: 'invalid-request' }));
  });

  test('that a client does not read keep others from beginning, until it goes away', async () => {
    const texts = new LongTexts(2 ** 23);
    const server = createServer((request, made) => {
      try {
        const text = texts.begin(made);
        for (let i = 0; i < 8; i++) text.add(megabyte);
        sendJson(Object.assign(made, { req: request }) as Response, text.end(), {
          status: 200,
          requestId: 'a',
          last: false,
          compressFrom: 0,
        });
      } catch {
        made.writeHead(503).end();
      }
    }).listen(0);
    try {
      const { port } = server.address() as AddressInfo;
      const url = `http://127.0.0.1:${port}/`;
      const socket = connect(port, '127.0.0.1').pause();
      socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      const statusOf = async () =>
        (await fetch(url).then(async reply => ({ reply, text: await reply.text() }))).reply.status;
      while ((await statusOf()) !== 503);
      socket.destroy();
      while ((await statusOf()) !== 200);
    } finally {
      server.close();
    }
  });
});
