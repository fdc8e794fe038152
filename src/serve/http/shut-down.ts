import { Server } from 'node:net';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';

/** For how long a server that was told to stop still listens. */
export interface Drain {
  /** Milliseconds without a new connection after which nobody seems to come any more. */
  readonly quietMs: number;
  /** Milliseconds after which it stops listening, whoever still comes. */
  readonly mostMs: number;
}

/**
 * How a signal ends the service. A load balancer that sends requests by new connections keeps coming until it has noticed;
 * where nobody comes, nobody has to wait.
 * @param drainMs as it was asked for. Default: until it is quiet.
 */
export function drainFor(signal: 'SIGTERM' | 'SIGINT', drainMs?: number): Drain {
  // Somebody sits at the keyboard.
  if (signal === 'SIGINT') return { quietMs: 200, mostMs: 1000 };
  return drainMs === undefined ? { quietMs: 1000, mostMs: 5000 } : { quietMs: drainMs, mostMs: drainMs };
}

/**
 * The door is closed in a moment in which nobody comes: the system resets what it has accepted and we have not. Clients
 * that wait for their reply open no connections, so replies are held back until none came for so long.
 */
const LAST_CALL: Drain = { quietMs: 50, mostMs: 500 };

/** What answers the connections of a listening socket, in this process or in others. */
export interface Answering {
  /** From now on every reply ends its connection, and the service says that it is not ready. */
  drain(): void;
  /** Requests that come from now on are answered after `finish` was called. */
  hold(): void;
  /** Answers what it has, and resolves when all connections have ended or the time for it is over. */
  finish(): Promise<void>;
}

/**
 * The order of a shutdown. Clients are told to go elsewhere while they are still answered, then nobody new is let in,
 * and what runs is finished.
 * @param drain left out: stops listening at once
 */
export async function shutDown(listener: Server, answering: Answering, drain?: Drain): Promise<void> {
  answering.drain();
  if (drain) {
    await quiet(listener, drain);
    answering.hold();
    await quiet(listener, LAST_CALL);
  }
  stopListening(listener);
  await answering.finish();
}

/** Resolves at the end of a turn of the event loop that accepted nobody: so nobody was waiting. */
async function quiet(listener: Server, { quietMs, mostMs }: Drain): Promise<void> {
  const started = performance.now();
  let latest = started;
  const onConnection = () => {
    latest = performance.now();
  };
  const rest = () => Math.min(latest + quietMs, started + mostMs) - performance.now();
  listener.on('connection', onConnection);
  do {
    await sleep(Math.max(0, rest()));
    await nextTurn();
  } while (rest() > 0);
  listener.off('connection', onConnection);
}

/** Unlike `close` of an HTTP server, which would also end connections on which a request may be on its way. */
function stopListening(listener: Server): void {
  Server.prototype.close.call(listener);
}
