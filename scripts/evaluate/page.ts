import { circumstancesTable, escapeHtml, factsTable, htmlPage, number } from '../command/report-page.js';
import { activityPlot, figurePlot, keysOf, tuningPlot } from './plots.js';
import type { EvaluationReport, EvaluationResult } from './report.js';
import { systemsOf } from './systems.js';
import { listLine, signed } from './table.js';

/** Figures that have a plot. */
const PLOTTED = ['recall', 'ndcg', 'precision', 'hitRate', 'map', 'mrr'];

/** The report of `evaluate` as one page that needs nothing else. */
export function evaluationPage(report: EvaluationReport): string {
  const { metrics, tuning, protocol } = report;
  const plotted = PLOTTED.filter(figure => keysOf(metrics, figure).length > 0);
  return htmlPage(
    'Shortlist: quality of recommendations',
    `<h1>Quality of recommendations</h1>
<p>Trained on ${number(report.trainRatings)} interactions of ${number(report.users)} users with ${number(report.items)} items;
tested on ${number(report.testRatings)} that were held back, of ${number(report.testedUsers)} users. A held-back item
competes with ${protocol === 'all-items' ? 'all items that the user has not in training' : 'the negatives that are listed for the user'}.
${report.skippedUsers > 0 ? `${number(report.skippedUsers)} test users whom training does not know are left out.` : ''}</p>
<h2>Figures with their 95% intervals</h2>
<p class="hint">Further right is better. An interval says how much the figure would move with other users of the same kind.</p>
<div class="side">
${plotted.map(figure => figurePlot(report, figure)).join('\n')}
</div>
<h2>All figures</h2>
${figureTable(report)}
<h2>Differences, and how sure they are</h2>
<p class="hint">The first less the second, over the same users. p is how likely so large a difference is between equals; of
many figures some are below 0.05 by chance.</p>
${comparisonTables(report)}
${report.lists ? `<h2>The lists of other systems</h2><ul>${report.lists.map(list => `<li>${escapeHtml(listLine(list))}`).join('')}</ul>` : ''}
<h2>By how much is known of the user</h2>
<p class="hint">Quarters of the users, from the shortest to the longest histories in training.</p>
<div class="side">
${['recall', 'ndcg'].map(figure => activityPlot(report, figure)).join('\n')}
</div>
${tuning ? tuningSection(tuning) : ''}
<h2>Parameters</h2>
${factsTable(Object.entries(report.parameters).map(([name, value]) => [name, String(value)]))}
<h2>What the figures mean</h2>
<dl>
<dt>recall@k</dt><dd>part of a user's held-back items that are in the first k places</dd>
<dt>precision@k</dt><dd>part of the first k places that hold such an item</dd>
<dt>ndcg@k</dt><dd>the same with more weight on the upper places: 1 for the best possible order</dd>
<dt>hitRate@k</dt><dd>part of the users with at least one hit</dd>
<dt>map@k, mrr@k</dt><dd>mean precision up to each hit; one over the place of the first hit</dd>
<dt>coverage@k</dt><dd>part of the catalogue that is shown to anybody</dd>
<dt>gini@k</dt><dd>how unequally places are dealt out over the catalogue: 0 all alike, near 1 a few have all</dd>
<dt>novelty@k</dt><dd>how little known the shown items are, in bits</dd>
<dt>popularityLift@k</dt><dd>how much more popular shown items are than those in the users' histories: 0 as much</dd>
</dl>
<h2>Where and how</h2>
${circumstancesTable(
  report,
  ['training', `${report.trainingSeconds.toFixed(2)} s, ${report.secondsPerIteration.toFixed(3)} s an iteration`],
  ['evaluation', `${report.evaluationSeconds.toFixed(2)} s`],
)}`,
  );
}

function figureTable(report: EvaluationResult): string {
  const systems = systemsOf(report);
  const rows = Object.keys(report.metrics).map(key => {
    const cells = systems.map(({ metrics, intervals }) => {
      const ends = intervals?.[key]?.map(end => end.toFixed(4)).join(' to ') ?? '';
      return `<td>${metrics[key]?.toFixed(4) ?? ''}<td>${ends}`;
    });
    return `<tr><th scope="row">${key}${cells.join('')}`;
  });
  const heads = systems.map(({ name }) => `<th scope="col">${escapeHtml(name)}<th scope="col">95% interval`);
  return `<div class="scroll"><table><thead><tr><td>${heads.join('')}<tbody>${rows.join('\n')}</table></div>`;
}

function comparisonTables({ comparisons, algorithm }: EvaluationResult): string {
  const shown = (name: string) => escapeHtml(name === 'model' ? algorithm : name);
  const tables = comparisons.map(({ first, second, metrics }) => {
    const rows = Object.entries(metrics).map(
      ([key, { difference, interval, p }]) =>
        `<tr><th scope="row">${key}<td>${signed(difference)}<td>${interval.map(signed).join(' to ')}<td>${p.toFixed(4)}`,
    );
    return `<table><thead><tr><th scope="col">${shown(first)} less ${shown(second)}<th scope="col">difference<th scope="col">95% interval<th scope="col">p<tbody>${rows.join('\n')}</table>`;
  });
  return `<div class="side">${tables.join('\n')}</div>`;
}

function tuningSection({
  trials,
  seconds,
  complete,
  metric,
  value,
  history,
}: NonNullable<EvaluationResult['tuning']>): string {
  return `<h2>The search for parameters</h2>
<p class="hint">${trials} trials in ${(seconds / 60).toFixed(1)} minutes${complete ? '' : '; the budget ended before the search did'}.
Best ${escapeHtml(metric)} ${value.toFixed(4)}. Most settings are tried in part only, and the best of these in full.</p>
${tuningPlot(history, metric)}`;
}
