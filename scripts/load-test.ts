import { createHash, randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withTemporary } from '../src/base/files/temporary.js';
import { median } from '../src/base/numeric/statistics.js';
import { integer, real } from '../src/base/options/option.js';
import { ShortlistError } from '../src/errors.js';
import { loadNewestSnapshot } from '../src/snapshot/newest-snapshot.js';
import type { BuildProgress } from '../src/snapshot/publish-factors.js';
import type { Snapshot } from '../src/snapshot/snapshot.js';
import { SnapshotStore } from '../src/snapshot/store.js';
import { main } from './command/command.js';
import { commandLine } from './command/command-line.js';
import { commaList, numberFlags, oneOf, onOff, parsedBy, text, texts } from './command/flag-values.js';
import { currentCommit, describeMachine } from './command/machine.js';
import { createProgress } from './command/progress.js';
import { SUMMARIES } from './command/summaries.js';
import { ATTACK_NAMES, type AttackName } from './load-test/attacks.js';
import { besiege, type Siege } from './load-test/hostile.js';
import {
  loadAutocannon,
  measureOverload,
  measureRate,
  measureThroughput,
  type Overload,
  type Throughput,
} from './load-test/measurements.js';
import type { PacedResult } from './load-test/paced-load.js';
import { measureReloads, type Reloads } from './load-test/reloads.js';
import type { Circumstances, HostileReport, LatencyAtRate, LoadTestFacts, LoadTestReport } from './load-test/report.js';
import { hostileTable, loadTestTable } from './load-test/table.js';
import { environmentOf, fetchText, type LoadTarget, LoadTargets, loopbackUrl } from './load-test/targets.js';

/** Of the servers that are started here, on addresses of this machine alone. */
const ADMIN_KEY = randomUUID();
/** Users who are asked for, spread over all of the snapshot's. */
const USERS = 2000;
/** Replies whose median length is that of the bare route. */
const SAMPLED_REPLIES = 51;
const WARM_UP_SECONDS = 2;
/** Parts of the maximum throughput at which latency is measured. */
const SHARES = [0.25, 0.5, 0.75];

await main({
  name: 'load-test',
  summary: `${SUMMARIES['load-test']} Only addresses of this machine (127.0.0.0/8, ::1, localhost) are put under load.`,
  flags: {
    snapshots: { value: 'DIR', help: 'directory of snapshots', schema: text().default('data/snapshots') },
    url: {
      value: 'URL',
      help: 'a running server over these snapshots, instead of one that is started for the test',
      schema: parsedBy(loopbackUrl).optional(),
    },
    compare: {
      value: 'NAME=VALUE...',
      help: 'also measure a server with these environment variables',
      schema: texts().optional(),
    },
    ...numberFlags({
      rounds: integer({
        meaning: 'times that throughput and each rate are measured, in turn',
        min: 1,
        max: 100,
        default: 5,
      }),
      seconds: real({ meaning: 'seconds of each measurement', min: 0.1, max: 600, default: 4 }),
      overload: real({
        meaning: 'load of the last part, in multiples of the throughput',
        min: 1,
        max: 100,
        default: 4,
      }),
      overloadSeconds: integer({ meaning: 'seconds of that load; 0 leaves it out', min: 0, max: 3600, default: 30 }),
      reloadSeconds: integer({
        meaning:
          'seconds of half the throughput while the two newest snapshots take turns every second; 0 leaves it out',
        min: 0,
        max: 3600,
        default: 0,
      }),
      hostileSeconds: integer({
        meaning: 'seconds that each attack of --hostile goes on',
        min: 1,
        max: 3600,
        default: 10,
      }),
    }),
    attacks: {
      value: 'LIST',
      help: `attacks of --hostile, of ${ATTACK_NAMES.join(', ')}`,
      preset: 'all',
      schema: commaList(oneOf(ATTACK_NAMES)).optional(),
    },
    hostile: {
      help: 'instead of all that: attack the server in every way that is known, one after the other, with normal clients beside it',
      schema: onOff(),
    },
  },
  examples: [
    '--snapshots data/snapshots',
    '--snapshots data/snapshots --compare RECALL_SAMPLE=0',
    '--snapshots data/snapshots --hostile',
  ],
  async run(options, { onInterrupt }) {
    const { rounds, seconds, compare = [] } = options;
    const progress = createProgress();
    // Rather now than after the servers have started.
    if (!options.hostile) await loadAutocannon();
    const store = new SnapshotStore(options.snapshots);
    const turns = options.reloadSeconds > 0 && !options.hostile ? await twoNewest(store, options.url) : undefined;
    const snapshot = await loadNewestSnapshot(store, progress.note);
    const { ids } = snapshot.users;
    const step = Math.max(1, Math.floor(ids.length / USERS));
    const paths = ids.filter((_, i) => i % step === 0).map(id => `/v1/users/${encodeURIComponent(id)}/recommendations`);

    const servers = new LoadTargets();
    onInterrupt(() => servers.stop());
    try {
      const start = (name: string, environment: Readonly<Record<string, string>> = {}) =>
        servers.startShortlist(name, {
          SNAPSHOTS: options.snapshots,
          RELOAD_INTERVAL_MS: '0',
          ADMIN_KEYS_SHA256: createHash('sha256').update(ADMIN_KEY).digest('hex'),
          ...environment,
        });
      if (options.hostile) return await hostileReport(options, { snapshot, paths, start, progress });
      const subject = options.url ? { name: 'Shortlist', url: options.url } : await start('Shortlist');
      const reply = await typicalReply(subject, paths);
      const targets = [subject, await servers.startBare(reply)];
      if (compare.length > 0) targets.push(await start(`Shortlist ${compare.join(' ')}`, environmentOf(compare)));

      const stage = progress.stage('load', targets.length * (1 + rounds * (1 + SHARES.length)));
      let done = 0;
      for (const target of targets) {
        await measureThroughput(target, paths, Math.min(WARM_UP_SECONDS, seconds));
        stage.update(++done, `${target.name}, warm-up`);
      }
      const throughputs: Throughput[][] = targets.map(() => []);
      for (let round = 0; round < rounds; round++) {
        for (const [i, target] of targets.entries()) {
          throughputs[i]!.push(await measureThroughput(target, paths, seconds));
          stage.update(++done, `${target.name}, throughput`);
        }
      }
      const throughput = medianOf(throughputs[0]!).requestsPerSecond;
      const latencies: LatencyAtRate[][] = targets.map(() => []);
      for (const share of SHARES) {
        const rate = Math.round(throughput * share);
        const results: PacedResult[][] = targets.map(() => []);
        for (let round = 0; round < rounds; round++) {
          for (const [i, target] of targets.entries()) {
            results[i]!.push(await measureRate(target, paths, rate, seconds));
            stage.update(++done, `${target.name}, ${rate} requests/s`);
          }
        }
        results.forEach((ofTarget, i) => {
          latencies[i]!.push({
            share,
            rate,
            ...middleOf(ofTarget),
            p99s: ofTarget.map(({ accepted }) => accepted.p99),
          });
        });
      }
      stage.end();
      let reloads: Reloads | null = null;
      if (turns) {
        const reloading = progress.stage('reload');
        const load = { rate: Math.round(throughput / 2), seconds: options.reloadSeconds };
        const restore = () => store.makeCurrent(snapshot.manifest.id);
        onInterrupt(restore);
        reloads = await measureReloads(subject, paths, turns, ADMIN_KEY, load).finally(restore);
        reloading.end(`${reloads.changes} changes`);
      }
      let overload: Overload | null = null;
      if (options.overloadSeconds > 0) {
        const overloading = progress.stage('overload');
        const offered = Math.round(throughput * options.overload);
        overload = await measureOverload(subject, paths, { throughput, offered, seconds: options.overloadSeconds });
        overloading.end();
      }
      const report: LoadTestReport = {
        ...factsOf(snapshot, paths),
        replyBytes: Buffer.byteLength(reply),
        servers: targets.map(({ name }, i) => ({
          name,
          ...medianOf(throughputs[i]!),
          ofBare: median(
            throughputs[i]!.map((one, r) => one.requestsPerSecond / throughputs[1]![r]!.requestsPerSecond),
          ),
          rounds: throughputs[i]!,
          latencies: latencies[i]!,
        })),
        reloads,
        overload,
        ...circumstances(),
      };
      return report;
    } finally {
      servers.stop();
    }
  },
  print: report => ('sieges' in report ? hostileTable(report) : loadTestTable(report)),
});

/** Attacks a server of its own, with a log of events, or the one of `--url`. */
async function hostileReport(
  { url, hostileSeconds, attacks = ATTACK_NAMES }: HostileOptions,
  { snapshot, paths, start, progress }: Campaign,
): Promise<HostileReport> {
  return withTemporary(join(tmpdir(), `shortlist-events-${process.pid}`), async events => {
    const target = url ? { name: 'Shortlist', url } : await start('Shortlist', { EVENTS: events, HEALTH_PORT: '0' });
    const { users, items } = snapshot;
    const stage = progress.stage('attacks', 1 + attacks.length);
    const sieges: Siege[] = [];
    const ids = { userIds: users.ids, itemIds: items.ids };
    for await (const siege of besiege(target, paths, ids, attacks, hostileSeconds)) {
      sieges.push(siege);
      stage.update(sieges.length, siege.attack);
    }
    stage.end();
    return { ...factsOf(snapshot, paths), seconds: hostileSeconds, sieges, ...circumstances() };
  });
}

interface HostileOptions {
  readonly url?: string | undefined;
  readonly hostileSeconds: number;
  readonly attacks?: readonly AttackName[] | undefined;
}

interface Campaign {
  readonly snapshot: Snapshot;
  readonly paths: readonly string[];
  readonly progress: BuildProgress;
  start(name: string, environment: Readonly<Record<string, string>>): Promise<LoadTarget>;
}

function factsOf({ manifest, items, itemFactors }: Snapshot, paths: readonly string[]): LoadTestFacts {
  return { snapshot: manifest.id, items: items.size, factors: itemFactors.columns, users: paths.length };
}

function circumstances(): Circumstances {
  return {
    machine: describeMachine(),
    commit: currentCommit(),
    date: new Date().toISOString(),
    command: commandLine('load-test', process.argv.slice(2).join(' ')),
  };
}

function middleOf(results: readonly PacedResult[]): PacedResult {
  return results.toSorted((a, b) => a.accepted.p99 - b.accepted.p99)[(results.length - 1) >> 1]!;
}

function medianOf(rounds: readonly Throughput[]): Throughput {
  return {
    requestsPerSecond: median(rounds.map(round => round.requestsPerSecond)),
    cpuMicros: median(rounds.map(round => round.cpuMicros)),
  };
}

/** @throws {ShortlistError} `invalid-option` where there are not two */
async function twoNewest(store: SnapshotStore, url: string | undefined): Promise<readonly [string, string]> {
  const [newest, before] = await store.list();
  if (url === undefined && newest !== undefined && before !== undefined) return [newest, before];
  throw new ShortlistError(
    'invalid-option',
    '--reload-seconds needs two snapshots in the store, and a server that is started for the test (no --url).',
  );
}

/** The reply of median length. */
async function typicalReply({ url }: LoadTarget, paths: readonly string[]): Promise<string> {
  const replies: string[] = [];
  for (const path of paths.slice(0, SAMPLED_REPLIES)) replies.push(await fetchText(url + path));
  return replies.sort((a, b) => a.length - b.length)[replies.length >> 1] ?? '{}';
}
