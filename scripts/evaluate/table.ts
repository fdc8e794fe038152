import { textTable } from '../command/text-table.js';
import type { EvaluationResult, ListsResult } from './report.js';

/** The result of `evaluate` for a terminal. */
export function evaluationTable(result: EvaluationResult): string {
  const { metrics, popularity, random, intervals, lists = [] } = result;
  const rows = Object.entries(metrics).map(([name, value]) => [
    name,
    figure(value),
    interval(intervals.metrics[name]),
    figure(popularity[name]),
    figure(random[name]),
    ...lists.map(list => figure(list.metrics[name])),
  ]);
  const protocol = result.protocol === 'all-items' ? 'all unseen items' : 'the listed negatives of the user';
  return [
    `${result.users} users, ${result.items} items; trained on ${result.trainRatings} interactions, ` +
      `tested on ${result.testRatings} of ${result.testedUsers} users against ${protocol}` +
      (result.skippedUsers > 0 ? `; ${result.skippedUsers} test users unknown to training left out` : ''),
    `training ${result.trainingSeconds.toFixed(2)} s (${result.secondsPerIteration.toFixed(3)} s an iteration), ` +
      `evaluation ${result.evaluationSeconds.toFixed(2)} s`,
    '',
    textTable(['', result.algorithm, '95% interval', 'popularity', 'random', ...lists.map(({ name }) => name)], rows),
    '',
    ...comparisonTable(result),
    ...(lists.length > 0 ? [...lists.map(listLine), ''] : []),
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

/** How far the model is ahead of each of the others, where somebody asked for others. */
function comparisonTable({ lists, comparisons, algorithm }: EvaluationResult): string[] {
  if (!lists) return [];
  const withModel = comparisons.filter(({ first }) => first === 'model');
  const header = withModel.flatMap(({ second }) => [second, '95% interval', 'p']);
  const rows = Object.keys(withModel[0]?.metrics ?? {}).map(name => [
    name,
    ...withModel.flatMap(({ metrics }) => {
      const { difference, interval: ends, p } = metrics[name]!;
      return [signed(difference), `${signed(ends[0])} to ${signed(ends[1])}`, p.toFixed(4)];
    }),
  ]);
  return [textTable([`${algorithm} less`, ...header], rows), ''];
}

/** What to know about lists before their figures are believed. */
export function listLine(list: ListsResult): string {
  const order = { rank: 'by rank', score: 'by score', file: 'as the file has them' }[list.order];
  const notes = [
    [list.usersWithoutList, 'tested users without a list, a miss each'],
    [list.otherUsers, 'lists of users who are not tested, left out'],
    [list.shortLists, 'lists shorter than the longest --k'],
    [list.seenItems, 'places of items that the user has in training, lost ones'],
    [list.unknownItems, 'places of items that are in neither training nor test, misses'],
    [list.duplicates, 'rows that repeat an item of the list, left out'],
    [list.rejected, 'bad rows skipped'],
  ] as const;
  const shown = notes.filter(([count]) => count > 0).map(([count, what]) => `; ${count} ${what}`);
  return `${list.name}: lists of ${list.users} tested users, ${order}${shown.join('')}`;
}

/** With its sign. */
export function signed(value: number): string {
  return (value < 0 ? '' : '+') + value.toFixed(4);
}

function figure(value: number | undefined): string {
  return value === undefined ? '' : value.toFixed(4);
}

function interval(ends: readonly [number, number] | undefined): string {
  return ends ? `${figure(ends[0])} to ${figure(ends[1])}` : '';
}
