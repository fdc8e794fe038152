import type { SweepPoint } from '../../src/measure/benchmark/sweep.js';
import { textTable } from '../command/text-table.js';
import type { BenchmarkReport } from './report.js';

/** The report for a terminal. */
export function benchmarkTable(report: BenchmarkReport): string {
  const { chosen, k } = report;
  return [
    `${report.items} items x ${report.factors} factors, ${report.queries} users as queries, one thread`,
    '',
    `candidates: top ${k}`,
    pointTable(report.points, report),
    '',
    'final list: top 10',
    pointTable(report.topTen, report),
    '',
    ...(report.growth
      ? [
          ...report.growth.points.map(
            point =>
              `${point.items} items: recall ${point.recall.toFixed(4)} in ${micros(point.p50us)} us ` +
              `(exact ${micros(point.exactP50us)}), built in ${point.buildSeconds.toFixed(1)} s, ` +
              `memory ${point.memoryRatio.toFixed(2)} x vectors`,
          ),
          `time grows as items^${report.growth.exponent.toFixed(2)}`,
          '',
        ]
      : []),
    chosen
      ? `* on the Pareto line; the service uses ${chosen.source} ${settingOf(chosen)}: recall@${k} ${chosen.recall.toFixed(4)} in ${micros(chosen.p50us)} us`
      : '* on the Pareto line',
  ].join('\n');
}

/** The parameters of a point in a few words, such as `nprobe 32`. */
export function settingOf({ source, effort }: Pick<SweepPoint, 'source' | 'effort'>): string {
  if (source === 'exact') return '';
  if (effort === 'exact') return 'until proven';
  return `${source.startsWith('hnsw') ? 'ef' : 'nprobe'} ${effort}`;
}

function pointTable(points: readonly SweepPoint[], report: BenchmarkReport): string {
  return textTable(
    ['source', '', 'recall', 'recall@10', 'p50 us', 'p95 us', 'p99 us', 'per second', 'certified', 'scored'],
    points.map(point => [
      point.source + (isPareto(point, points, report) ? ' *' : ''),
      settingOf(point),
      point.recall.toFixed(4),
      point.recallAt10.toFixed(4),
      micros(point.p50us),
      micros(point.p95us),
      micros(point.p99us),
      String(Math.round(point.qps)),
      `${(100 * point.certified).toFixed(0)}%`,
      String(Math.round(point.scanned)),
    ]),
  );
}

function isPareto(point: SweepPoint, points: readonly SweepPoint[], report: BenchmarkReport): boolean {
  return (
    points === report.points &&
    report.pareto.some(({ source, effort }) => source === point.source && effort === point.effort)
  );
}

function micros(us: number): string {
  return us < 100 ? us.toFixed(1) : us.toFixed(0);
}
