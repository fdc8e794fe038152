import { connect, type Socket } from 'node:net';
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { setTimeout as soon } from 'node:timers/promises';

// Requests at a fixed rate, whatever the server does. autocannon is for the throughput: it sends the requests of a
// second in one burst at its start and reads replies in JavaScript, so it can neither pace nor offer a server a multiple
// of what it takes.

export interface PacedLoad {
  /** Requests a second. */
  readonly rate: number;
  readonly seconds: number;
  /** Most requests under way, each on a connection of its own. */
  readonly connections: number;
  /** Called for every reply: when its request was sent, milliseconds after the start, its status, and how long it took. */
  readonly onReply?: (sentMs: number, status: number, tookMs: number) => void;
}

export interface PacedResult {
  /** Requests due in the time, and those of them that were not sent because all connections waited for replies. */
  readonly due: number;
  readonly unsent: number;
  readonly seconds: number;
  /** Replies of status 2xx, 503, and any other. */
  readonly accepted: Replies;
  readonly refused: Replies;
  readonly other: Replies;
  /** Connections that broke or waited for a reply at the end. */
  readonly errors: number;
}

/** Times in milliseconds from sending to the last byte; 0 where there was no reply. */
export interface Replies {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** Milliseconds that replies get to arrive after the last request. */
const LINGER_MS = 5000;

/** Sends GETs of `paths` in turn. */
export async function sendPaced(url: string, paths: readonly string[], load: PacedLoad): Promise<PacedResult> {
  const { hostname, port, host } = new URL(url);
  const requests = paths.map(path => Buffer.from(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`));
  const kinds = { accepted: createHistogram(), refused: createHistogram(), other: createHistogram() };
  let started = Number.POSITIVE_INFINITY;
  const idle: Connection[] = [];
  const all: Connection[] = [];
  for (let i = 0; i < load.connections; i++) {
    const connection = await Connection.open(hostname.replace(/[[\]]/g, ''), Number(port), (self, status, sent) => {
      idle.push(self);
      if (sent < started) return;
      const took = performance.now() - sent;
      const kind = status >= 200 && status < 300 ? 'accepted' : status === 503 ? 'refused' : 'other';
      kinds[kind].record(Math.max(1, Math.round(took * 1000)));
      load.onReply?.(sent - started, status, took);
    });
    all.push(connection);
    // A first request each: Node accepts one connection in a turn of its event loop, which is not what is measured.
    connection.send(requests[i % requests.length]!);
    for (const end = performance.now() + LINGER_MS; idle.length <= i && performance.now() < end; ) await soon(0);
  }

  started = performance.now();
  const total = Math.round(load.rate * load.seconds);
  let due = 0;
  let unsent = 0;
  await new Promise<void>(resolve => {
    const tick = () => {
      const now = performance.now();
      for (; due < Math.min(total, ((now - started) / 1000) * load.rate); due++) {
        // The longest idle first, so that all connections are used.
        let connection = idle.shift();
        while (connection?.broken) connection = idle.shift();
        if (connection) connection.send(requests[due % requests.length]!);
        else unsent++;
      }
      if (due < total) setTimeout(tick, 1);
      else resolve();
    };
    tick();
  });
  const seconds = (performance.now() - started) / 1000;
  for (const end = performance.now() + LINGER_MS; performance.now() < end && idle.length < all.length; ) {
    await soon(10);
  }
  const errors = all.length - idle.filter(({ broken }) => !broken).length;
  for (const connection of all) connection.close();
  const { accepted, refused, other } = kinds;
  return {
    ...{ due, unsent, seconds, errors },
    accepted: repliesOf(accepted),
    refused: repliesOf(refused),
    other: repliesOf(other),
  };
}

/** One connection with at most one request under way. */
class Connection {
  broken = false;
  #sent = 0;
  #missing = 0;
  #status = 0;

  static open(host: string, port: number, onReply: OnReply): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port, noDelay: true });
      socket.once('error', reject);
      socket.once('connect', () => resolve(new Connection(socket, onReply)));
    });
  }

  private constructor(
    readonly socket: Socket,
    readonly onReply: OnReply,
  ) {
    socket.on('data', chunk => this.#read(chunk));
    socket.on('error', () => {});
    socket.on('close', () => {
      this.broken = true;
    });
  }

  send(request: Buffer): void {
    this.#sent = performance.now();
    this.socket.write(request);
  }

  close(): void {
    this.socket.destroy();
  }

  /** Replies of our servers have a Content-Length, and their head comes in one piece. */
  #read(chunk: Buffer): void {
    if (this.#missing === 0) {
      const end = chunk.indexOf('\r\n\r\n');
      const head = chunk.toString('latin1', 0, end);
      this.#status = Number(head.slice(9, 12));
      this.#missing = end + 4 + Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1]);
    }
    this.#missing -= chunk.length;
    if (this.#missing === 0) this.onReply(this, this.#status, this.#sent);
  }
}

type OnReply = (connection: Connection, status: number, sent: number) => void;

function repliesOf(histogram: RecordableHistogram): Replies {
  const { count } = histogram;
  const at = (percentile: number) => (count === 0 ? 0 : histogram.percentile(percentile) / 1000);
  return { count, p50: at(50), p99: at(99), p999: at(99.9), max: count === 0 ? 0 : histogram.max / 1000 };
}
