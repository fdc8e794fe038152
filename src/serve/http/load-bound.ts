import type { RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { ShortlistError } from '../../errors.js';
import { HeldRefusals } from './held-refusals.js';
import { problemOf } from './problem.js';
import type { Proxies } from './proxies.js';
import { API_HEADERS, PROBLEM_TYPE, requestIdOf } from './send-json.js';

/** Paths that answer under any load: the machinery around a service would end a process that stops answering them. */
const ALWAYS = /^\/(health\/|metrics)/;
/** Requests taken in any turn, whatever they cost. */
const MIN_PER_TURN = 8;
/** The same while connections wait to be accepted. */
const MIN_ACCEPTING = 4;
/** Turns in a row that were too long before load is too high: a pause of the whole process is no overload yet. */
const LONG_TURNS = 10;
/** How much longer a turn may be until then. */
const SLACK = 3;
/**
 * The most that one handler or one slice of a long request counts, which is more than nearly all of them take: beyond it,
 * others had the processor as a rule, and refusing helps nobody.
 */
const MAX_HANDLER_MS = 10;
/** The same of what is done between handlers: reading, routing, sending. */
const MAX_BETWEEN_MS = 2;
/** Refusals to one connection in a turn, which has then sent very many requests at once: no more of them are answered. */
const MAX_REFUSALS = 16;
/** Turns in a row that accept a connection, after which more of them seem to wait. */
const ACCEPTING_TURNS = 8;
/** Milliseconds of a turn while connections wait to be accepted: one is in each turn, however short. */
const ACCEPTING_MS = 2;

/**
 * Bounds the time for which requests keep the server busy in one turn of the event loop. They are computed one after the
 * other, so those that arrive together wait for each other, and what arrives meanwhile waits for the next turn. A
 * request that comes when the time of a turn is spent is refused at once, at a small part of the cost of an answer. So an
 * accepted request waits for about two turns at most, however many clients there are.
 */
export class LoadBound {
  #taken = 0;
  /** Time that the requests of this turn took, and until when it is counted. */
  #busyMs = 0;
  #latest = 0;
  /** Of a long request, after the requests of the turn before: what comes meanwhile waits for it. */
  #sliceMs = 0;
  #longTurns = 0;
  /** Turns in a row that have accepted a connection. */
  #acceptingTurns = 0;
  #hasAccepted = false;
  /** How many requests of each connection were refused in this turn. */
  readonly #refusals = new Map<Socket, number>();
  /** Whether any were in the turn before. */
  #hasRefused = false;
  readonly #held = new HeldRefusals(() => this.#isAccepting);
  readonly #startOver = () => {
    this.#acceptingTurns = this.#hasAccepted ? this.#acceptingTurns + 1 : 0;
    this.#hasAccepted = false;
    this.#hasRefused = this.#refusals.size > 0 || this.#held.some;
    this.#refusals.clear();
    if (this.#taken > 0) this.#longTurns = this.#busyMs > this.maxTurnMs ? this.#longTurns + 1 : 0;
    this.#taken = 0;
  };

  /** @param maxTurnMs time after which no more requests are taken in a turn while load is too high */
  constructor(private readonly maxTurnMs: number) {}

  /** Whether one more request may be computed in this turn, which counts it. */
  admits(): boolean {
    const now = performance.now();
    if (this.#taken++ === 0) {
      // Runs when all that had arrived has been read.
      if (!this.#hasAccepted) setImmediate(this.#startOver);
      this.#busyMs = this.#sliceMs;
      this.#sliceMs = 0;
    } else this.#busyMs += Math.min(now - this.#latest, MAX_BETWEEN_MS);
    this.#latest = now;
    if (this.#isAccepting) return this.#taken <= MIN_ACCEPTING || this.#busyMs < Math.min(ACCEPTING_MS, this.maxTurnMs);
    return this.#taken <= MIN_PER_TURN || this.#busyMs < this.#budgetMs;
  }

  /** Says that a connection was accepted. */
  accepted(): void {
    if (this.#taken === 0 && !this.#hasAccepted) setImmediate(this.#startOver);
    this.#hasAccepted = true;
  }

  /** Whether load is high and more connections wait, as it seems. */
  get #isAccepting(): boolean {
    return this.#acceptingTurns >= ACCEPTING_TURNS && (this.#hasRefused || this.#refusals.size > 0);
  }

  /** Counts what a handler took, from one millisecond to another. */
  countHandler(started: number, ended: number): void {
    this.#busyMs += Math.min(started - this.#latest, MAX_BETWEEN_MS) + Math.min(ended - started, MAX_HANDLER_MS);
    this.#latest = ended;
  }

  /** Counts a slice of a long request. */
  readonly countSlice = (ms: number): void => {
    this.#sliceMs = Math.min(ms, MAX_HANDLER_MS);
  };

  get #budgetMs(): number {
    return this.#longTurns < LONG_TURNS ? SLACK * this.maxTurnMs : this.maxTurnMs;
  }

  /** A listener that passes on what is admitted and refuses the rest. */
  guard(listener: RequestListener, proxies: Proxies, onRefused: () => void): RequestListener {
    return (request, response) => {
      if (this.admits() || ALWAYS.test(request.url ?? '')) return listener(request, response);
      onRefused();
      const { socket } = request;
      const refusals = (this.#refusals.get(socket) ?? 0) + 1;
      this.#refusals.set(socket, refusals);
      // The last one has ended the connection.
      if (refusals > MAX_REFUSALS) return;
      if (refusals === MAX_REFUSALS) response.shouldKeepAlive = false;
      const send = () => refuse(response, requestIdOf(request), proxies.prefixOf(request));
      if (this.#isAccepting) this.#held.add(socket, send);
      else send();
    };
  }
}

/** The answer to a request that is not admitted. */
export function overloaded(): ShortlistError {
  return new ShortlistError(
    'overloaded',
    'More requests came at once than this server can answer soon. Try again after the seconds in Retry-After.',
  );
}

/** The text of the refusal, once for all, in parts around the prefix and the request's id: refusing has to be cheap. */
const [BEFORE = '', BETWEEN = '', AFTER = ''] = JSON.stringify(problemOf(overloaded(), '\u{1f511}', '\u{1f511}')).split(
  '\u{1f511}',
);

function refuse(response: ServerResponse, requestId: string, prefix: string): void {
  const text = BEFORE + prefix + BETWEEN + requestId + AFTER;
  response
    .writeHead(503, [
      'Content-Type',
      PROBLEM_TYPE,
      // Of ASCII characters, like every prefix and request id.
      'Content-Length',
      text.length,
      'Retry-After',
      1,
      'X-Request-Id',
      requestId,
      ...API_HEADERS,
    ] as unknown as string[])
    .end(text);
}
