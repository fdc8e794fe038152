import { Agent, type IncomingMessage, request as send } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as after } from 'node:timers/promises';
import { MAX_ID_LENGTH } from '../../src/base/tables/plain-id.js';

/** Where an attack goes, and what it needs to know to hurt. */
export interface AttackTask {
  readonly name: AttackName;
  readonly url: string;
  readonly userIds: readonly string[];
  readonly itemIds: readonly string[];
}

/** Replies by their status; `none` where a connection ended without one. */
export type Replies = Record<string, number>;

/** Items of the longest history that a request may have, and users of the largest batch. */
const MOST = 1000;
/** Events of a user with so many that older ones are forgotten. */
export const DEAR_EVENTS = 200;
/** The user whose events are logged before the attacks begin. */
export const DEAR_USER = 'a-dear-user';
/** Of a body that is as large as bodies may be. */
const MEGABYTE = 2 ** 20;
const FEW = 4;
const MANY = 500;
const IDLE = 2000;
/** Events of the longest ids that a body of a megabyte takes. */
const LONG_EVENTS = 150;
/** Milliseconds between two bytes of who sends slowly. */
const SLOW_MS = 1000;

/** One attack: what it does, in words, and how it begins. It goes on until the process ends. */
interface Attack {
  readonly does: string;
  begin(task: AttackTask, replies: Replies): void;
}

/** Every attack, by its name. */
export const ATTACKS = {
  batches: {
    does: `${FEW} connections, each with batches of ${MOST} times a user with ${DEAR_EVENTS} events`,
    begin: posting(FEW, '/v1/recommendations/batch', () => ({ userIds: Array(MOST).fill(DEAR_USER), limit: 100 })),
  },
  'large-batches': {
    does: `${FEW} connections, each with batches of as many users and items as there may be`,
    begin: posting(FEW, '/v1/recommendations/batch', ({ userIds }) => ({
      userIds: Array.from({ length: MOST }, (_, i) => userIds[i % userIds.length]),
      limit: 100,
    })),
  },
  histories: {
    does: `${FEW} connections, each with histories of ${MOST} items and explanations`,
    begin: posting(FEW, '/v1/recommendations', ({ itemIds }, turn) => ({
      history: Array.from({ length: MOST }, (_, i) => ({ itemId: itemIds[(i * 37 + turn) % itemIds.length] })),
      limit: 50,
      explain: true,
    })),
  },
  busy: {
    does: `${MANY} connections, each with one request after the other`,
    begin: getting(MANY, true),
  },
  reconnecting: {
    does: `${MANY} clients, each with a new connection for every request`,
    begin: getting(MANY, false),
  },
  'long-ids': {
    does: `${FEW} connections, each with ${LONG_EVENTS} events of the longest ids at a time`,
    begin: posting(FEW, '/v1/events', (_, turn, worker) => ({
      events: Array.from({ length: LONG_EVENTS }, (_, i) => ({
        userId: longId(`${worker}-${turn}-${i}`),
        itemId: longId(`item-${worker}-${turn}-${i}`),
      })),
    })),
  },
  nonsense: {
    does: `${FEW} connections, each with a megabyte of nonsense at a time`,
    begin: posting(FEW, '/v1/recommendations', (_, turn) => NONSENSE[turn % NONSENSE.length]!),
  },
  'slow-headers': {
    does: `${MANY} connections, each with a byte of its headers a second`,
    begin: slowly('GET /v1/popular HTTP/1.1\r\nHost: localhost\r\nX-Padding: '),
  },
  'slow-bodies': {
    does: `${MANY} connections, each with a byte of its body a second`,
    begin: slowly(
      'POST /v1/recommendations HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' +
        `Content-Length: ${MEGABYTE}\r\n\r\n{"history": [`,
    ),
  },
  idle: {
    does: `${IDLE} connections that send nothing`,
    begin({ url }: AttackTask, replies: Replies) {
      for (let i = 0; i < IDLE; i++) keepOpen(url, replies, () => {});
    },
  },
  unread: {
    does: `${MANY} connections that ask for large batches and read no reply`,
    begin({ url, userIds }: AttackTask, replies: Replies) {
      const body = JSON.stringify({
        userIds: Array.from({ length: 500 }, (_, i) => userIds[i % userIds.length]),
        limit: 200,
      });
      const head = `POST /v1/recommendations/batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
      for (let i = 0; i < MANY; i++) {
        keepOpen(url, replies, socket => {
          socket.pause();
          socket.write(head + body);
        });
      }
    },
  },
} satisfies Readonly<Record<string, Attack>>;

export type AttackName = keyof typeof ATTACKS;
export const ATTACK_NAMES = Object.keys(ATTACKS) as [AttackName, ...AttackName[]];

/** Bodies as large as may be: nested deeply, of unknown names, of lists that are too long, of one long text. */
const NONSENSE = [
  () => '['.repeat(MEGABYTE),
  () => `{${Array.from({ length: MEGABYTE / 16 }, (_, i) => `"name${1e6 + i}":0`).join(',')}}`,
  () => `{"history":[${'{},'.repeat(MEGABYTE / 4)}{}]}`,
  () => `{"exclude":[${'0,'.repeat(MEGABYTE / 3)}0]}`,
  () => `{"userId":"${'x'.repeat(MEGABYTE - 100)}"}`,
  () => `{"exclude":[${'"x",'.repeat(MEGABYTE / 5)}"x"]}`,
].map(text => text().slice(0, MEGABYTE));

/** Of characters of three bytes in a file and of two in memory. */
function longId(text: string): string {
  return text.padEnd(MAX_ID_LENGTH, '\u6f22');
}

/**
 * Connections that each post one body after the other.
 * @param bodyOf what to send, as JSON or as text
 */
function posting(
  connections: number,
  path: string,
  bodyOf: (task: AttackTask, turn: number, worker: number) => unknown,
): Attack['begin'] {
  return (task, replies) => {
    const agent = new Agent({ keepAlive: true, maxSockets: connections });
    for (let worker = 0; worker < connections; worker++) {
      void forEver(async turn => {
        const body = bodyOf(task, turn, worker);
        const text = typeof body === 'string' ? body : JSON.stringify(body);
        count(replies, await replyTo(`${task.url}${path}`, agent, text));
      });
    }
  };
}

function getting(clients: number, keepAlive: boolean): Attack['begin'] {
  return ({ url, userIds }, replies) => {
    const agent = new Agent({ keepAlive, maxSockets: clients });
    for (let client = 0; client < clients; client++) {
      void forEver(async turn => {
        const userId = encodeURIComponent(userIds[(client * 31 + turn) % userIds.length]!);
        count(replies, await replyTo(`${url}/v1/users/${userId}/recommendations`, agent));
      });
    }
  };
}

function slowly(head: string): Attack['begin'] {
  return ({ url }, replies) => {
    for (let i = 0; i < MANY; i++) {
      keepOpen(url, replies, socket => {
        socket.write(head);
        const timer = setInterval(() => socket.write('a'), SLOW_MS);
        socket.once('close', () => clearInterval(timer));
      });
    }
  };
}

/** A connection that is opened again whenever the server ends it. */
function keepOpen(url: string, replies: Replies, use: (socket: ReturnType<typeof connect>) => void): void {
  const { hostname, port } = new URL(url);
  void forEver(
    () =>
      new Promise(resolve => {
        const socket = connect(Number(port), hostname.replace(/[[\]]/g, ''));
        socket.once('connect', () => use(socket));
        socket.once('data', chunk => count(replies, chunk.toString('latin1').slice(9, 12)));
        socket.on('error', () => {});
        socket.once('close', resolve);
      }),
  );
}

async function forEver(work: (turn: number) => Promise<unknown>): Promise<never> {
  for (let turn = 0; ; turn++) {
    await work(turn);
    // Who is refused at once must not keep this process from everything else.
    await after(0);
  }
}

/** The status of a reply that was read to its end, or `none`. */
function replyTo(url: string, agent: Agent, body?: string): Promise<string> {
  return new Promise(resolve => {
    const options = {
      agent,
      method: body === undefined ? 'GET' : 'POST',
      headers:
        body === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) },
    };
    const onReply = (reply: IncomingMessage) => {
      reply.resume();
      reply.once('close', () => resolve(String(reply.statusCode)));
    };
    send(url, options, onReply)
      .once('error', () => resolve('none'))
      .end(body);
  });
}

function count(replies: Replies, status: string): void {
  replies[status] = (replies[status] ?? 0) + 1;
}
