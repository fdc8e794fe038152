import { stat } from 'node:fs/promises';
import { z } from 'zod';
import { GrowingArray } from '../base/numeric/growing-array.js';
import { linesOf } from '../base/tables/lines.js';
import { messageOf, ShortlistError } from '../errors.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import type { PrecomputedData } from './precomputed.js';
import { TIERS } from './recommendation.js';

/** A recommended item as the batch command writes it to a file of JSON lines. A user's rows are together, best first. */
const batchRow = z.object({
  userId: z.string(),
  rank: z.int().min(1),
  itemId: z.string(),
  score: z.number(),
  source: z.enum(TIERS),
  snapshot: z.string(),
  certified: z.boolean(),
});

/**
 * Reads the lists of the snapshot's own users that rest on the model; all others are quickly made when they are asked
 * for.
 * @param path of a file of JSON lines that the batch command wrote
 * @throws {ShortlistError} `precomputed-unusable` for a file that is not such a one, or that was made with another snapshot
 */
export async function readPrecomputed(path: string, snapshot: Snapshot): Promise<PrecomputedData> {
  const { users, items, manifest } = snapshot;
  const starts = new Uint32Array(users.size);
  const lengths = new Uint32Array(users.size);
  const listedItems = new GrowingArray(length => new Uint32Array(length));
  const scores = new GrowingArray(length => new Float32Array(length));
  const inList = new Set<number>();
  let listedUsers = 0;
  let last = -1;
  let number = 0;
  for await (const line of readLines(path)) {
    number++;
    const row = rowOf(line, path, number);
    if (row.snapshot !== manifest.id) {
      throw unusable(path, `it was made with snapshot ${row.snapshot}, and ${manifest.id} is served`);
    }
    if (row.source !== 'model') continue;
    const user = users.indexOf(row.userId);
    const item = items.indexOf(row.itemId);
    if (user === undefined || item === undefined) {
      throw unusable(path, `line ${number} has a user or an item that is not in the snapshot`);
    }
    if (user !== last) {
      if (lengths[user]! > 0) throw unusable(path, `line ${number} goes on with a list that has ended`);
      starts[user] = listedItems.length;
      inList.clear();
      listedUsers++;
      last = user;
    }
    if (row.rank !== ++lengths[user]!) {
      throw unusable(path, `line ${number} has rank ${row.rank} where ${lengths[user]} should follow`);
    }
    if (inList.has(item)) throw unusable(path, `line ${number} has an item that is in the list already`);
    inList.add(item);
    listedItems.push(item);
    scores.push(row.score);
  }
  if (number === 0) throw unusable(path, 'it is empty');
  const [ofItems, ofScores] = [listedItems.values().slice(), scores.values().slice()];
  return { users: listedUsers, starts, lengths, items: ofItems, scores: ofScores };
}

async function* readLines(path: string): AsyncGenerator<string> {
  try {
    // A pipe would keep whoever reads it waiting.
    if (!(await stat(path)).isFile()) throw unusable(path, 'it is no regular file');
    yield* linesOf(path);
  } catch (error) {
    if (error instanceof ShortlistError && error.code === 'precomputed-unusable') throw error;
    const cause = error instanceof ShortlistError ? error.cause : error;
    throw unusable(path, `it cannot be read (${messageOf(cause)})`);
  }
}

function rowOf(line: string, path: string, number: number): z.output<typeof batchRow> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw unusable(path, `line ${number} is not JSON`);
  }
  const parsed = batchRow.safeParse(value);
  if (parsed.success) return parsed.data;
  throw unusable(path, `line ${number}: ${z.prettifyError(parsed.error).replace(/\s+/g, ' ')}`);
}

function unusable(path: string, why: string): ShortlistError {
  return new ShortlistError(
    'precomputed-unusable',
    `The precomputed lists in ${path} cannot be used: ${why}. Write them again, by a batch of the snapshot that is served.`,
    { path, why },
  );
}
