import { setTimeout as after } from 'node:timers/promises';
import { messageOf, ShortlistError } from '../../src/errors.js';
import { type PacedResult, sendPaced } from './paced-load.js';
import { type LoadTarget, readFigures } from './targets.js';

// The measurements of `load-test`. Every loop in them ends by count or by time.

/** A server at the most that a few dozen clients get out of it, each with one request at a time. */
export interface Throughput {
  readonly requestsPerSecond: number;
  /** Processor time of the server for one request: what is left of a comparison on a machine that others use, too. */
  readonly cpuMicros: number;
}

export interface Overload extends PacedResult {
  /** Requests a second that were due. */
  readonly offered: number;
  readonly memory: { readonly before: number; readonly during: number; readonly after: number };
  /**
   * Milliseconds from the end of the overload until no request at half of the throughput was refused, failed or took
   * more than 100 ms.
   */
  readonly recoveryMs: number;
}

const CONNECTIONS = 32;
/** Connections of the overload: as many requests at most are under way. */
const OVERLOAD_CONNECTIONS = 500;
const RECOVERY_SECONDS = 3;
const SLOW_MS = 100;

/**
 * Loads autocannon, which only this command needs: those who install Shortlist install it when they want to measure.
 * @throws {ShortlistError} `package-missing`
 */
export async function loadAutocannon() {
  try {
    return (await import('autocannon')).default;
  } catch (cause) {
    throw new ShortlistError(
      'package-missing',
      `This needs the package autocannon, which could not be loaded. Install it beside Shortlist: npm install autocannon@9 ` +
        `(${messageOf(cause)})`,
      { package: 'autocannon' },
      { cause },
    );
  }
}

export async function measureThroughput(
  target: LoadTarget,
  paths: readonly string[],
  seconds: number,
): Promise<Throughput> {
  const autocannon = await loadAutocannon();
  const before = await readFigures(target);
  const result = await autocannon({
    url: target.url,
    connections: CONNECTIONS,
    duration: seconds,
    requests: paths.map(path => ({ path })),
  });
  const { cpuSeconds } = await readFigures(target);
  const accepted = result['2xx'];
  return {
    requestsPerSecond: accepted / result.duration,
    cpuMicros: ((cpuSeconds - before.cpuSeconds) / accepted) * 1e6,
  };
}

export function measureRate(
  target: LoadTarget,
  paths: readonly string[],
  rate: number,
  seconds: number,
): Promise<PacedResult> {
  return sendPaced(target.url, paths, { rate, seconds, connections: CONNECTIONS * 2 });
}

export async function measureOverload(
  target: LoadTarget,
  paths: readonly string[],
  { throughput, offered, seconds }: { throughput: number; offered: number; seconds: number },
): Promise<Overload> {
  const resident = async () => (await readFigures(target)).residentBytes;
  const before = await resident();
  const load = sendPaced(target.url, paths, { rate: offered, seconds, connections: OVERLOAD_CONNECTIONS });
  await after((seconds * 1000) / 2);
  const during = await resident();
  const result = await load;
  let recoveryMs = 0;
  await sendPaced(target.url, paths, {
    rate: throughput / 2,
    seconds: RECOVERY_SECONDS,
    connections: CONNECTIONS * 2,
    onReply(sentMs, status, tookMs) {
      if (status !== 200 || tookMs > SLOW_MS) recoveryMs = Math.max(recoveryMs, sentMs + tookMs);
    },
  });
  return { ...result, offered, memory: { before, during, after: await resident() }, recoveryMs };
}
