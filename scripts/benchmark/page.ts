import type { ProductionFigures } from '../../src/measure/benchmark/production-figures.js';
import type { RecallSlice } from '../../src/measure/benchmark/recall-slices.js';
import type { SweepPoint } from '../../src/measure/benchmark/sweep.js';
import { circumstancesTable, escapeHtml, factsTable, htmlPage, number, percent } from '../command/report-page.js';
import { growthPlot, recallLatencyPlot, recallThroughputPlot } from './plots.js';
import type { BenchmarkReport } from './report.js';
import { settingOf } from './table.js';

/** The report as one page that needs nothing else. */
export function benchmarkPage(report: BenchmarkReport): string {
  const { points, topTen, chosen, k, slices, production, growth } = report;
  return htmlPage(
    'Shortlist: recall against latency',
    `<h1>Candidate retrieval: recall against latency</h1>
<p>${number(report.items)} items × ${report.factors} factors; ${number(report.queries)} user vectors as queries,
one at a time on one thread${report.masked ? ', each leaving out what the user has seen, as the service does' : ''}.
Every answer was checked against an exact search before anything was timed. In each of ${report.rounds} rounds every point
answers all requests one after the other, as a service with one source and setting does, and each round begins with
another point; of each point the times of the calmest round are shown.</p>
${chosen ? summary(chosen, report) : ''}
<h2>Recall@${k} against latency</h2>
<p class="hint">Lower right is better. The green band is the Pareto line: no other point is both faster and more complete.</p>
${recallLatencyPlot(points, chosen, k)}
<h2>Recall@${k} against throughput</h2>
<p class="hint">Upper right is better.</p>
${recallThroughputPlot(points, chosen, k)}
<h2>All figures for the top ${k}</h2>
${pointTable(points, report)}
<h2>Asked for the top 10 only</h2>
<p class="hint">A proof that ten items are the best ten is much cheaper than one for ${k}.</p>
${recallLatencyPlot(topTen, undefined, 10)}
${pointTable(topTen, report)}
${slices ? sliceTables(slices, report) : ''}
<h2>In production</h2>
${productionTable(production)}
${growth ? growthSection(growth) : ''}
<h2>What the columns mean</h2>
<dl>
<dt>recall</dt><dd>mean part of the exact top list that was found; an item that scores as high as the last one counts, so that ties don't punish</dd>
<dt>score loss</dt><dd>part of the exact top 10's total score that the found top 10 lack: what the misses cost</dd>
<dt>p50, p95, p99</dt><dd>microseconds that 50, 95 and 99 of 100 searches don't exceed</dd>
<dt>per second</dt><dd>searches one thread does in a second</dd>
<dt>certified</dt><dd>part of the answers that came with a proof that they are exact</dd>
<dt>scored</dt><dd>mean number of item vectors that were multiplied with the query</dd>
<dt>memory</dt><dd>what the source needs beside the item vectors, which all sources share</dd>
</dl>
<h2>Where and how</h2>
${circumstancesTable(report, ['snapshot', report.snapshot])}`,
  );
}

function summary(chosen: SweepPoint, { points, k, recallTarget }: BenchmarkReport): string {
  const exact = points.find(point => point.source === 'exact');
  const ratio = exact ? `, ${(exact.p50us / chosen.p50us).toFixed(1)} times as fast as the exact scan` : '';
  return `<p class="summary">The service uses <b>${chosen.source} ${settingOf(chosen)}</b>, chosen for a recall of
${recallTarget}: recall@${k} <b>${chosen.recall.toFixed(4)}</b> in <b>${micros(chosen.p50us)} µs</b>${ratio}.</p>`;
}

function pointTable(points: readonly SweepPoint[], { chosen, pareto, points: main }: BenchmarkReport): string {
  const rows = points.map(point => {
    const isSame = (other: Pick<SweepPoint, 'source' | 'effort'>) =>
      points === main && other.source === point.source && other.effort === point.effort;
    const marks = [...(pareto.some(isSame) ? ['pareto'] : []), ...(chosen && isSame(chosen) ? ['chosen'] : [])];
    const cells = [
      point.recall.toFixed(4),
      point.recallAt10.toFixed(4),
      percent(point.scoreLossAt10, 3),
      micros(point.p50us),
      micros(point.p95us),
      micros(point.p99us),
      number(Math.round(point.qps)),
      percent(point.certified, 0),
      number(Math.round(point.scanned)),
      `${point.buildSeconds.toFixed(1)} s`,
      `${(point.bytes / 1e6).toFixed(2)} MB`,
    ];
    return `<tr class="${marks.join(' ')}"><td>${point.source}<td>${settingOf(point)}${cells.map(cell => `<td>${cell}`).join('')}`;
  });
  return `<div class="scroll"><table class="two">
<thead><tr><th>source<th>effort<th>recall<th>recall@10<th>score loss<th>p50 µs<th>p95 µs<th>p99 µs<th>per second<th>certified<th>scored<th>build<th>memory
<tbody>
${rows.join('\n')}
</table></div>
<p class="hint">${builtWith(points)}${points === main ? ' Green: on the Pareto line. Bold: used by the service.' : ''}</p>`;
}

function sliceTables(
  { byActivity, byPopularity }: NonNullable<BenchmarkReport['slices']>,
  { k }: BenchmarkReport,
): string {
  const table = (slices: readonly RecallSlice[], of: string, counted: string) =>
    `<table><thead><tr><th>${of}<th>${counted}<th>recall@${k}<tbody>${slices
      .map(
        ({ interactions: [least, most], count, recall }) =>
          `<tr><td>${least === most ? number(least) : `${number(least)} to ${number(most)}`}<td>${number(count)}<td>${recall.toFixed(4)}`,
      )
      .join('')}</table>`;
  return `<h2>Who and what is missed</h2>
<p class="hint">Recall of the point that the service uses, for quarters of the users by the length of their history, and for
quarters of the catalogue by popularity.</p>
<div class="side">
${table(byActivity, 'interactions of the user', 'users')}
${table(byPopularity, 'interactions of the item', 'times in an exact answer')}
</div>`;
}

function productionTable(figures: ProductionFigures): string {
  const { latency, coldStart } = figures;
  const rows: [string, string][] = [
    [
      'latency',
      `${micros(latency.p50us)} µs median, ${micros(latency.p99us)} µs for 99 of 100, a whole top-10 request without HTTP`,
    ],
    ['computing cost', `${number(Math.round(figures.cpuSecondsPerMillion))} processor seconds for a million requests`],
    ['memory', `${(figures.memoryBytes / 1e6).toFixed(1)} MB of vectors, index and histories`],
    [
      'training time',
      `${figures.trainingSeconds.toFixed(1)} s, of ${figures.rebuildSeconds.toFixed(1)} s for the whole rebuild`,
    ],
    ['inference time', `${figures.inferenceSecondsAllUsers.toFixed(1)} s for the lists of all users on one thread`],
    [
      'cold start',
      `unknown users get the tier “${coldStart.tier}” in ${micros(coldStart.latency.p50us)} µs; ` +
        `${percent(coldStart.shareOfUsersWithShortHistory, 1)} of the users have fewer than five interactions`,
    ],
  ];
  return factsTable(rows);
}

function growthSection({ points, exponent }: NonNullable<BenchmarkReport['growth']>): string {
  const rows = points.map(
    point =>
      `<tr><td>${number(point.items)}<td>${number(point.cells)} cells, nprobe ${point.nprobe}<td>${point.recall.toFixed(4)}` +
      `<td>${micros(point.p50us)}<td>${micros(point.p99us)}<td>${micros(point.exactP50us)}` +
      `<td>${point.buildSeconds.toFixed(1)} s<td>${(point.bytes / 1e6).toFixed(1)} MB<td>${point.memoryRatio.toFixed(2)}`,
  );
  return `<h2>Growth with the catalogue</h2>
<p class="hint">Catalogues drawn from the real one's shape; the median time grows as items<sup>${exponent.toFixed(2)}</sup>.</p>
${growthPlot(points)}
<table><thead><tr><th>items<th>clusters<th>recall<th>p50 µs<th>p99 µs<th>exact p50 µs<th>build<th>memory<th>all memory / vectors<tbody>${rows.join('\n')}</table>`;
}

/** The parameters that a source was built with, the same for all its points. */
function builtWith(points: readonly SweepPoint[]): string {
  const firsts = points.filter((point, i) => points.findIndex(other => other.source === point.source) === i);
  return firsts
    .map(({ source, parameters: { nprobe: _, ef: __, ...built } }) => {
      const listed = Object.entries(built).map(([name, value]) => `${name} ${value}`);
      return listed.length > 0 ? `${source}: ${escapeHtml(listed.join(', '))}.` : '';
    })
    .join(' ');
}

function micros(us: number): string {
  return us < 100 ? us.toFixed(1) : number(Math.round(us));
}
