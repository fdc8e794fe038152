import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  NetworkError,
  ProblemError,
  ShortlistClient,
  TimeoutError,
} from '../../../src/serve/client/shortlist-client.js';

const busy = (code: string, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify({ code, status: 503, detail: `It is ${code}.` }), {
    status: 503,
    headers: { 'Content-Type': 'application/problem+json', ...headers },
  });
const fine = () => new Response('{"items": []}');
const events = { events: [{ userId: 'ann', itemId: 'z' }] };

/** Times of the requests since the first, in milliseconds, and what is replied to them in turn. */
let times: number[] = [];
function answerWith(...replies: (() => Response)[]): void {
  vi.stubGlobal('fetch', async () => {
    times.push(Date.now());
    return replies[Math.min(times.length, replies.length) - 1]!();
  });
}
/** What a call came to, once all pauses are over. */
async function outcomeOf(call: Promise<unknown>): Promise<{ result: unknown; pauses: number[] }> {
  const result = call.catch((error: unknown) => error);
  await vi.runAllTimersAsync();
  return { result: await result, pauses: times.slice(1).map((time, i) => time - times[i]!) };
}

const client = new ShortlistClient('http://shortlist.test');

describe('a busy server', () => {
  beforeEach(() => {
    times = [];
    vi.useFakeTimers({ now: Date.UTC(2026, 0, 31) });
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
  });
  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
  });

  test.each([
    ['seconds', '2', 2000],
    ['a date', 'Sat, 31 Jan 2026 00:00:03 GMT', 3000],
    ['a date that has passed', 'Fri, 30 Jan 2026 00:00:00 GMT', 0],
    ['nothing that is known', 'soon', 250],
  ])('is asked again after the pause that it asks for, in %s, and a random one', async (_, retryAfter, pause) => {
    answerWith(() => busy('overloaded', { 'Retry-After': retryAfter }), fine);
    expect(await outcomeOf(client.popularItems())).toEqual({ result: { items: [] }, pauses: [pause + 125] });
  });

  test('is asked two times more, or as often as is wanted, with pauses that grow', async () => {
    answerWith(() => busy('deadline-exceeded'));
    const { result, pauses } = await outcomeOf(client.recommend({ userId: 'ann' }));
    expect(result).toMatchObject({ name: 'ProblemError', status: 503, message: 'It is deadline-exceeded.' });
    expect(pauses).toEqual([375, 750]);

    times = [];
    const once = new ShortlistClient('http://shortlist.test', { retries: 0 });
    expect((await outcomeOf(once.recommend({ userId: 'ann' }))).pauses).toEqual([]);
  });

  test.each([
    ['overloaded', 2],
    ['not-ready', 2],
    ['events-unavailable', 0],
    ['deadline-exceeded', 0],
  ])(
    'gets events and a rollback again after %s %i times: what may be half done is not repeated',
    async (code, times_) => {
      answerWith(() => busy(code));
      expect((await outcomeOf(client.logEvents(events))).pauses).toHaveLength(times_);
      times = [];
      expect((await outcomeOf(client.rollback())).pauses).toHaveLength(times_);
    },
  );

  test('gets events once where a proxy says that it is busy', async () => {
    answerWith(() => new Response('<h1>Busy</h1>', { status: 503 }));
    const { result, pauses } = await outcomeOf(client.logEvents(events));
    expect(result).toMatchObject({ status: 503, problem: undefined });
    expect(pauses).toEqual([]);
  });

  test('that is asked whether it is ready has answered', async () => {
    answerWith(() => busy('not-ready'));
    expect((await outcomeOf(client.ready())).pauses).toEqual([]);
  });

  test('that asks for more time than there is ends the call at once', async () => {
    answerWith(() => busy('overloaded', { 'Retry-After': '60' }));
    const { result, pauses } = await outcomeOf(client.popularItems());
    expect(result).toBeInstanceOf(ProblemError);
    expect({ pauses, now: Date.now() }).toEqual({ pauses: [], now: Date.UTC(2026, 0, 31) });
  });

  test('is not waited for when the caller gives up', async () => {
    answerWith(() => busy('overloaded', { 'Retry-After': '2' }));
    const caller = new AbortController();
    setTimeout(() => caller.abort(new Error('the page is gone')), 1000);
    const { result } = await outcomeOf(client.popularItems({}, { signal: caller.signal }));
    expect(result).toMatchObject({ message: 'the page is gone' });
    expect(times).toHaveLength(1);
  });

  test.each([400, 429, 500])('is what 503 says; status %i is final', async status => {
    answerWith(() => new Response('{}', { status }));
    expect(await outcomeOf(client.popularItems())).toMatchObject({ result: { status }, pauses: [] });
  });
});

describe('a call', () => {
  /** Sends the head of a reply and half of its body to `/broken`, and nothing at all to others. */
  const server = createServer((request, response) => {
    if (!request.url?.startsWith('/broken')) return;
    response.writeHead(200, { 'Content-Length': '100' }).write('{"items": [');
    setImmediate(() => response.destroy());
  }).listen(0, '127.0.0.1');
  const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  test('that takes too long is a timeout, of the client or of its own', async () => {
    const hasty = new ShortlistClient(url(), { timeoutMs: 30 });
    const failure = await hasty.item('a').catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TimeoutError);
    expect(failure).toMatchObject({
      url: `${url()}/v1/items/a`,
      timeoutMs: 30,
      message: expect.stringContaining('30 ms'),
    });
    await expect(new ShortlistClient(url()).live({ timeoutMs: 20 })).rejects.toMatchObject({ timeoutMs: 20 });
  });

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('takes no time of %d', async timeoutMs => {
    await expect(client.live({ timeoutMs })).rejects.toThrow(RangeError);
  });

  test('ends with the reason of its signal, before it begins or later', async () => {
    const reason = new Error('enough');
    const patient = new ShortlistClient(url());
    await expect(patient.live({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const caller = new AbortController();
    const waiting = patient.live({ signal: caller.signal });
    server.once('request', () => caller.abort());
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('tells what kept it from the server, and what that was caused by', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await new Promise(done => closed.once('listening', done));
    const { port } = closed.address() as AddressInfo;
    await new Promise(done => closed.close(done));
    const failure = await new ShortlistClient(`http://127.0.0.1:${port}`).live().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(NetworkError);
    expect(failure).toMatchObject({
      url: `http://127.0.0.1:${port}/health/live`,
      message: expect.stringContaining('ECONNREFUSED'),
      cause: { cause: { code: 'ECONNREFUSED' } },
    });
  });

  test('whose reply breaks off has met the network', async () => {
    await expect(new ShortlistClient(`${url()}/broken`).live()).rejects.toBeInstanceOf(NetworkError);
  });

  test('that is answered with something else says so and keeps why', async () => {
    vi.stubGlobal('fetch', async () => new Response('<h1>Log in</h1>'));
    const failure = await client.live().catch((error: unknown) => error);
    vi.unstubAllGlobals();
    expect(failure).toMatchObject({
      name: 'ProblemError',
      status: 200,
      problem: undefined,
      cause: { name: 'SyntaxError' },
    });
  });
});
