import { setTimeout as after } from 'node:timers/promises';
import { ShortlistError } from '../../src/errors.js';
import { type PacedResult, sendPaced } from './paced-load.js';
import { fetchText, type LoadTarget } from './targets.js';

/** What changing the snapshot again and again under load did. */
export interface Reloads extends PacedResult {
  readonly changes: number;
  /** Milliseconds of the slowest change, from the request to the new snapshot answering. */
  readonly slowestChangeMs: number;
  /** Replies whose whole text was compared with those of both snapshots; those that were of neither; and failures. */
  readonly compared: number;
  readonly mixed: number;
  readonly failed: number;
  /** Event-loop delays of the server: how many were above each bound, in milliseconds, of how many samples. */
  readonly delays: { readonly looks: number; readonly above: Readonly<Record<string, number>> };
}

const CONNECTIONS = 64;
const CHANGE_EVERY_MS = 1000;
/** Paths whose replies are compared. */
const COMPARED_PATHS = 200;

/**
 * Switches a server back and forth between two snapshots every second, while it answers requests at a fixed rate.
 * @param ids of the two, in the server's store
 * @param key an admin key of the server
 */
export async function measureReloads(
  { url }: LoadTarget,
  paths: readonly string[],
  ids: readonly [string, string],
  key: string,
  load: { readonly rate: number; readonly seconds: number },
): Promise<Reloads> {
  const changeTo = async (id: string) => {
    const options = { method: 'POST', headers: { Authorization: `Bearer ${key}` } };
    const response = await fetch(`${url}/v1/admin/rollback?to=${id}`, options);
    if (!response.ok)
      throw new ShortlistError('no-server', `The server did not switch to ${id}: ${await response.text()}`);
  };
  const compared = paths.slice(0, COMPARED_PATHS);
  const expected = new Map<string, Set<string>>(compared.map(path => [path, new Set()]));
  for (const id of ids) {
    await changeTo(id);
    for (const path of compared) expected.get(path)?.add(await fetchText(url + path));
  }

  const before = await delaysOf(url);
  let isOver = false;
  const result = sendPaced(url, paths, { ...load, connections: CONNECTIONS }).finally(() => {
    isOver = true;
  });
  let changes = 0;
  let slowestChangeMs = 0;
  const changing = (async () => {
    for (; !isOver; changes++) {
      const started = performance.now();
      await changeTo(ids[changes % 2]!);
      const took = performance.now() - started;
      slowestChangeMs = Math.max(slowestChangeMs, took);
      await after(Math.max(0, CHANGE_EVERY_MS - took));
    }
  })();
  let comparisons = 0;
  let mixed = 0;
  let failed = 0;
  const comparing = (async () => {
    for (; !isOver; comparisons++) {
      const path = compared[comparisons % compared.length]!;
      const reply = await fetchText(url + path).catch(() => undefined);
      if (reply === undefined) failed++;
      else if (!expected.get(path)?.has(reply)) mixed++;
      await after(5);
    }
  })();
  const [paced] = await Promise.all([result, changing, comparing]);
  const now = await delaysOf(url);
  const above = Object.fromEntries(
    [...now.within].map(([bound, count]) => {
      return [bound * 1000, now.looks - count - (before.looks - (before.within.get(bound) ?? 0))];
    }),
  );
  return {
    ...paced,
    changes,
    slowestChangeMs,
    compared: comparisons,
    mixed,
    failed,
    delays: { looks: now.looks - before.looks, above },
  };
}

/** The histogram of event-loop delays: samples so far, and how many of them were within each bound, in seconds. */
async function delaysOf(url: string): Promise<{ looks: number; within: Map<number, number> }> {
  const text = await fetchText(`${url}/metrics`);
  const within = new Map<number, number>();
  let looks = 0;
  for (const [, bound, count] of text.matchAll(/^shortlist_event_loop_delay_seconds_bucket\{le="([^"]+)"\} (\d+)$/gm)) {
    if (bound === '+Inf') looks = Number(count);
    else within.set(Number(bound), Number(count));
  }
  return { looks, within };
}
