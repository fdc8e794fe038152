import { rowLengths } from '../../base/numeric/sparse.js';
import type { Recommendation, Tier } from '../../recommend/recommendation.js';
import type { Recommender } from '../../recommend/recommender.js';
import { compareLatencies, type Latency } from '../../retrieve/latency.js';
import type { Snapshot } from '../../snapshot/snapshot.js';

/** What running a recommender costs, in the six figures that decide whether it can go into production. */
export interface ProductionFigures {
  /** Time of a whole request inside the service: history, mask, search, ranking, titles. HTTP comes on top. */
  readonly latency: Latency;
  /** Processor seconds, of all threads, that a million such requests take. */
  readonly cpuSecondsPerMillion: number;
  /** Bytes that serving holds: vectors, index, histories, as far as they are arrays. */
  readonly memoryBytes: number;
  /** Seconds that training took when the snapshot was built, and everything that a rebuild does. */
  readonly trainingSeconds: number;
  readonly rebuildSeconds: number;
  /** Seconds to compute the lists of all users of the snapshot, one thread, from the time of those that were asked. */
  readonly inferenceSecondsAllUsers: number;
  readonly coldStart: {
    /** Part of the snapshot's users with fewer than five interactions: little for a model to go by. */
    readonly shareOfUsersWithShortHistory: number;
    /** Who answers a user that the snapshot does not know, and how fast. */
    readonly tier: Tier;
    readonly latency: Latency;
  };
}

const SHORT_HISTORY = 5;
const LIST_LENGTH = 10;
const ROUNDS = 3;

/**
 * @param users whose requests are timed
 * @param indexBytes memory of the candidate source beside the item vectors
 */
export async function productionFigures(
  recommender: Pick<Recommender, 'recommend'>,
  { users: ids, userFactors, itemFactors, seen, manifest }: Snapshot,
  users: Uint32Array,
  indexBytes: number,
): Promise<ProductionFigures> {
  const known = Array.from(users, user => ids.ids[user] ?? '');
  // No snapshot has this id: a request with it is what a new user sends.
  const stranger = freeId(id => ids.indexOf(id) !== undefined);
  const ask = (userId: string): Recommendation => recommender.recommend({ userId, limit: LIST_LENGTH });
  for (const userId of known) ask(userId);
  const cpu = process.cpuUsage();
  for (const userId of known) ask(userId);
  const { user, system } = process.cpuUsage(cpu);
  const microseconds = (userId: string): number => {
    const start = performance.now();
    ask(userId);
    return (performance.now() - start) * 1000;
  };
  const [latency, coldLatency] = (await compareLatencies(
    [n => microseconds(known[n]!), () => microseconds(stranger)],
    known.length,
    ROUNDS,
  )) as [Latency, Latency];

  return {
    latency,
    cpuSecondsPerMillion: (user + system) / known.length,
    memoryBytes: [userFactors.data, itemFactors.data, seen.starts, seen.indices, seen.values].reduce(
      (bytes, array) => bytes + array.byteLength,
      indexBytes,
    ),
    trainingSeconds: manifest.seconds.train ?? 0,
    rebuildSeconds: Object.values(manifest.seconds).reduce((sum, seconds) => sum + seconds, 0),
    inferenceSecondsAllUsers: seen.rows / latency.qps,
    coldStart: {
      shareOfUsersWithShortHistory:
        rowLengths(seen).filter(length => length < SHORT_HISTORY).length / Math.max(1, seen.rows),
      tier: ask(stranger).source,
      latency: coldLatency,
    },
  };
}

function freeId(taken: (id: string) => boolean): string {
  let id = 'nobody';
  while (taken(id)) id += '-';
  return id;
}
