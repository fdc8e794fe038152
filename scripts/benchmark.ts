import { integer, rangeOf } from '../src/base/options/option.js';
import { paretoFront } from '../src/measure/benchmark/sweep.js';
import { loadNewestSnapshot } from '../src/snapshot/newest-snapshot.js';
import { availableSources } from '../src/snapshot/sources.js';
import { SnapshotStore } from '../src/snapshot/store.js';
import {
  contenderOf,
  measureGrowths,
  measureService,
  measureSources,
  rawHnsw,
  sampleUsers,
} from './benchmark/measurements.js';
import { benchmarkPage } from './benchmark/page.js';
import type { BenchmarkReport } from './benchmark/report.js';
import { benchmarkTable } from './benchmark/table.js';
import { main } from './command/command.js';
import { commaList, numberFlag, numberValue, onOff, text } from './command/flag-values.js';
import { createProgress } from './command/progress.js';
import { checkReportPlace, circumstances, writeReport } from './command/report-page.js';
import { SUMMARIES } from './command/summaries.js';

const growth = integer({
  meaning: 'also measure drawn catalogues of these many items, such as 10000,100000,1000000 (minutes)',
  min: 1000,
  max: 10_000_000,
});

await main({
  name: 'benchmark',
  summary: SUMMARIES.benchmark,
  flags: {
    snapshots: { value: 'DIR', help: 'directory of snapshots', schema: text().default('data/snapshots') },
    k: numberFlag(integer({ meaning: 'candidates per request', min: 1, max: 10_000, default: 100 })),
    queries: numberFlag(integer({ meaning: 'users to ask for', min: 1, default: 1000 })),
    rounds: numberFlag(integer({ meaning: 'times that everything is timed', min: 1, max: 1000, default: 5 })),
    unmasked: { help: 'do not leave out what the user has seen, which the service does', schema: onOff() },
    seed: numberFlag(integer({ meaning: 'seed of the choice of users', min: 0, default: 1 })),
    growth: {
      value: 'LIST',
      help: growth.meaning,
      range: rangeOf(growth),
      schema: commaList(numberValue(growth)).optional(),
    },
    hnswIp: { help: 'also build and measure an hnsw graph over raw inner products', schema: onOff() },
    out: { value: 'DIR', help: 'directory for report.json and report.html', schema: text().default('data/benchmark') },
  },
  examples: ['--snapshots data/snapshots --k 100 --queries 1000'],
  async run(options) {
    const progress = createProgress();
    checkReportPlace(options.out, '--out');
    const snapshot = await loadNewestSnapshot(new SnapshotStore(options.snapshots), warning => progress.note(warning));
    const users = sampleUsers(snapshot, options.queries, options.seed);
    const contenders = await Promise.all(availableSources(snapshot).map(kind => contenderOf(snapshot, kind)));
    if (options.hnswIp) contenders.push(await rawHnsw(snapshot, progress));
    const measure = (k: number) => measureSources(snapshot, contenders, users, { ...options, k }, progress);
    const full = await measure(options.k);
    // What a service shows is ten items long; a proof for ten is also much cheaper than one for a hundred.
    const topTen = options.k === 10 ? full : await measure(10);
    const { operatingPoint, target } = snapshot.manifest.retrieval;
    const report: BenchmarkReport = {
      items: snapshot.items.size,
      factors: snapshot.itemFactors.columns,
      k: options.k,
      queries: users.length,
      points: full.points,
      chosen: full.points.find(
        ({ source, effort }) => source === operatingPoint.source && effort === operatingPoint.effort,
      ),
      pareto: paretoFront(full.points).map(({ source, effort }) => ({ source, effort })),
      topTen: topTen.points,
      slices: full.slices,
      production: await measureService(snapshot, contenders, users, progress),
      growth: options.growth ? await measureGrowths(snapshot, users, options.growth, options, progress) : null,
      users: snapshot.users.size,
      masked: !options.unmasked,
      rounds: options.rounds,
      snapshot: snapshot.manifest.id,
      recallTarget: target,
      ...circumstances('benchmark'),
    };
    await writeReport(options.out, report, benchmarkPage(report), '--out');
    progress.note(`report written to ${options.out}`);
    return report;
  },
  print: benchmarkTable,
});
