import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as after } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ATTACKS, type AttackName, type AttackTask, DEAR_EVENTS, DEAR_USER, type Replies } from './attacks.js';
import { type FreshConnections, sendFresh } from './fresh-connections.js';
import { type PacedResult, sendPaced } from './paced-load.js';
import { type LoadTarget, readFigures } from './targets.js';

/** How normal clients fare beside one attack. */
export interface Siege {
  /** Name of the attack; `nobody` where there is none. */
  readonly attack: string;
  readonly does: string;
  /** A client with some connections of its own that asks at a fixed rate. */
  readonly client: PacedResult;
  /** Clients that come with a new connection each. */
  readonly newcomers: FreshConnections;
  readonly health: FreshConnections;
  readonly metrics: FreshConnections;
  /** What the attackers were answered, by status, and in how many seconds. */
  readonly replies: Replies;
  readonly attackSeconds: number;
  /** Memory of the server at the end of the attack, in bytes. */
  readonly residentBytes: number;
}

/** Requests a second of the normal client, and its connections. */
const CLIENT = { rate: 200, connections: 8 };
const NEWCOMERS_A_SECOND = 10;
const PROBES_A_SECOND = 5;
/** Milliseconds between the begin of an attack and that of the measurement, and from its end to the next. */
const SETTLE_MS = 1000;

/** Lets attacks go on for some seconds beside normal clients, one after the other, and nobody before. */
export async function* besiege(
  target: LoadTarget,
  paths: readonly string[],
  ids: Pick<AttackTask, 'userIds' | 'itemIds'>,
  attacks: readonly AttackName[],
  seconds: number,
): AsyncGenerator<Siege> {
  await logDearUser(target.url, ids.itemIds);
  const calm = { attack: 'nobody', does: 'no attack' };
  yield {
    ...calm,
    ...(await measureClients(target, paths, seconds)),
    replies: {},
    attackSeconds: 0,
    residentBytes: (await readFigures(target)).residentBytes,
  };
  for (const attack of attacks) {
    const { does } = ATTACKS[attack];
    const began = performance.now();
    const attacker = startAttacker({ ...ids, name: attack, url: target.url });
    try {
      await after(SETTLE_MS);
      const clients = await measureClients(target, paths, seconds);
      const residentBytes = (await readFigures(target)).residentBytes;
      attacker.send('stop');
      const [replies] = (await once(attacker, 'message')) as [Replies];
      const attackSeconds = (performance.now() - began) / 1000;
      yield { attack, does, ...clients, replies, attackSeconds, residentBytes };
    } finally {
      attacker.kill('SIGKILL');
    }
    await after(SETTLE_MS);
  }
}

async function measureClients(
  { url, healthUrl = url }: LoadTarget,
  paths: readonly string[],
  seconds: number,
): Promise<Pick<Siege, 'client' | 'newcomers' | 'health' | 'metrics'>> {
  const probes = { rate: PROBES_A_SECOND, seconds };
  const [client, newcomers, health, metrics] = await Promise.all([
    sendPaced(url, paths, { ...CLIENT, seconds }),
    sendFresh(url, paths, { rate: NEWCOMERS_A_SECOND, seconds }),
    sendFresh(healthUrl, ['/health/live', '/health/ready'], probes),
    sendFresh(healthUrl, ['/metrics'], probes),
  ]);
  return { client, newcomers, health, metrics };
}

function startAttacker(task: AttackTask): ChildProcess {
  const attacker = fork(fileURLToPath(new URL('./attacker.js', import.meta.url)), { stdio: 'inherit' });
  attacker.send(task);
  return attacker;
}

/** Gives the user of the dearest batches the events that make it dear; without a log of events it stays a new user. */
async function logDearUser(url: string, itemIds: readonly string[]): Promise<void> {
  const items = itemIds.slice(0, DEAR_EVENTS);
  const reply = await fetch(`${url}/v1/events`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ events: items.map(itemId => ({ userId: DEAR_USER, itemId })) }),
  });
  await reply.text();
}
