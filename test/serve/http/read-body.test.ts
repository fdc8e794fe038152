import { once } from 'node:events';
import { type ClientRequest, createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { BodyReader } from '../../../src/serve/http/read-body.js';

let server: Server | undefined;
afterEach(() => void server?.close());

/** A server that answers with the length of the body, or with the code of what was wrong. */
async function start(reader: BodyReader): Promise<(headers?: Record<string, string>) => ClientRequest> {
  server = createServer((incoming, response) => {
    response.on('error', () => {});
    reader.read(incoming, (error, body) => {
      if (error) return void response.end((error as { code: string }).code);
      response.end(`${body.length} ${new Set(body).size}`);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return (headers = {}) => request({ port, method: 'POST', agent: false, headers });
}

async function replyTo(sent: ClientRequest): Promise<string> {
  const [response] = await once(sent, 'response');
  return text(response);
}

test('a body comes whole, in however many chunks and however long it said to be', async () => {
  const post = await start(new BodyReader(100_000));
  for (const headers of [{}, { 'Content-Length': '50000' }] as Record<string, string>[]) {
    const sent = post(headers);
    for (let i = 0; i < 50; i++) sent.write(Buffer.alloc(1000, i));
    sent.end();
    expect(await replyTo(sent)).toBe('50000 50');
  }
  const tiny = post();
  for (let i = 0; i < 3000; i++) tiny.write(Buffer.from([i % 7]));
  tiny.end();
  expect(await replyTo(tiny)).toBe('3000 7');
  const packed = post({ 'Content-Encoding': 'gzip' });
  packed.end(Buffer.concat([gzipSync(Buffer.alloc(90_000, 1)), Buffer.alloc(10)]));
  expect(await replyTo(packed)).toBe('90000 1');
});

test('what is too large is refused, told or not, packed or not', async () => {
  const post = await start(new BodyReader(50_000));
  const large = Buffer.alloc(50_001);
  const told = post({ 'Content-Length': String(large.length) });
  told.end(large);
  expect(await replyTo(told)).toBe('body-too-large');
  const untold = post();
  untold.write(large);
  untold.end();
  expect(await replyTo(untold)).toBe('body-too-large');
  const packed = post({ 'Content-Encoding': 'gzip' });
  packed.end(gzipSync(Buffer.alloc(10_000_000)));
  expect(await replyTo(packed)).toBe('body-too-large');
  const broken = post({ 'Content-Encoding': 'gzip' });
  broken.end(gzipSync(large).subarray(0, 40));
  expect(await replyTo(broken)).toBe('malformed-request');
});

test('those under way hold no more than the bound together; small ones pass, and what one gave back another gets', async () => {
  const post = await start(new BodyReader(1_000_000, 150_000));
  const send = async (bytes: number) => {
    const sent = post({ 'Content-Length': String(bytes) });
    sent.end(Buffer.alloc(bytes));
    return replyTo(sent);
  };
  // Held up after most of it; what comes in between shows that it has arrived.
  const slow = post({ 'Content-Length': '120000' });
  slow.on('error', () => {});
  slow.write(Buffer.alloc(110_000));
  let refused = '';
  while (refused !== 'overloaded') refused = await send(100_000);
  expect(await send(16_000)).toBe('16000 1');
  slow.end(Buffer.alloc(10_000));
  expect(await replyTo(slow)).toBe('120000 1');
  expect(await send(100_000)).toBe('100000 1');

  const gone = post({ 'Content-Length': '120000' });
  gone.on('error', () => {});
  gone.write(Buffer.alloc(110_000));
  refused = '';
  while (refused !== 'overloaded') refused = await send(100_000);
  gone.destroy();
  while (refused === 'overloaded') refused = await send(100_000);
  expect(refused).toBe('100000 1');
});
