import { textTable } from '../command/text-table.js';
import type { EvaluationResult } from './report.js';

/** The result of `evaluate` for a terminal. */
export function evaluationTable(result: EvaluationResult): string {
  const { metrics, popularity, random, intervals } = result;
  const rows = Object.entries(metrics).map(([name, value]) => [
    name,
    figure(value),
    interval(intervals.metrics[name]),
    figure(popularity[name]),
    figure(random[name]),
  ]);
  const protocol = result.protocol === 'all-items' ? 'all unseen items' : 'the listed negatives of the user';
  return [
    `${result.users} users, ${result.items} items; trained on ${result.trainRatings} interactions, ` +
      `tested on ${result.testRatings} of ${result.testedUsers} users against ${protocol}` +
      (result.skippedUsers > 0 ? `; ${result.skippedUsers} test users unknown to training left out` : ''),
    `training ${result.trainingSeconds.toFixed(2)} s (${result.secondsPerIteration.toFixed(3)} s an iteration), ` +
      `evaluation ${result.evaluationSeconds.toFixed(2)} s`,
    '',
    textTable(['', result.algorithm, '95% interval', 'popularity', 'random'], rows),
    '',
    activityTable(result),
  ].join('\n');
}

/** The longest list's two usual figures by how much is known of the user. */
function activityTable({ activity, metrics }: EvaluationResult): string {
  const names = ['recall', 'ndcg'].flatMap(name =>
    Object.keys(metrics)
      .filter(key => key.startsWith(`${name}@`))
      .slice(-1),
  );
  return textTable(
    ['by history length', 'users', ...names.flatMap(name => [name, 'popularity'])],
    activity.map(slice => [
      slice.interactions.join(' to '),
      String(slice.users),
      ...names.flatMap(name => [figure(slice.metrics[name]), figure(slice.popularity[name])]),
    ]),
  );
}

function figure(value: number | undefined): string {
  return value === undefined ? '' : value.toFixed(4);
}

function interval(ends: readonly [number, number] | undefined): string {
  return ends ? `${figure(ends[0])} to ${figure(ends[1])}` : '';
}
