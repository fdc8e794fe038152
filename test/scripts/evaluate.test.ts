import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runScript } from '../support/run-script.js';
import { smallData } from '../support/small-snapshot.js';
import { writeRatingsCsv } from '../support/write-csv.js';

const directory = mkdtempSync(join(tmpdir(), 'shortlist-evaluate-'));
const small = ['--factors', '2', '--iterations', '4'];

function file(name: string, rows: readonly string[]): string {
  const path = join(directory, name);
  writeFileSync(path, `${['userId,itemId', ...rows].join('\n')}\n`);
  return path;
}

// Two groups of users, each with its own ten items; every user misses two of them, which are tested.
const pairs = Array.from({ length: 20 }, (_, u) =>
  Array.from({ length: 10 }, (_, i) => [u, (u % 2) * 10 + i] as const),
).flat();
const isTested = ([u, i]: readonly [number, number]) =>
  i % 10 === Math.floor(u / 2) || i % 10 === (Math.floor(u / 2) + 5) % 10;
const rowOf = ([u, i]: readonly [number, number]) => `u${u},i${i}`;
const train = file('train.csv', pairs.filter(pair => !isTested(pair)).map(rowOf));
const tested = file('test.csv', [...pairs.filter(isTested).map(rowOf), 'stranger,i1', 'u0,i2']);
const negatives = file(
  'negatives.csv',
  Array.from({ length: 20 }, (_, u) => [`u${u},i${10 - (u % 2) * 10}`, `u${u},unknown`]).flat(),
);

describe('evaluate', () => {
  test('measures a split file against the whole catalogue and prints one JSON object', async () => {
    const ratings = join(directory, 'ratings.csv');
    writeRatingsCsv(ratings, smallData.table);
    const split = ['--ratings', ratings, '--split', 'leave-last-out', '--k', '5,10', ...small];
    const { code, stdout, stderr } = await runScript('evaluate', [...split, '--json']);
    expect(stderr).toMatch(/train done in/);
    expect(code).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ users: 120, items: 300, testRatings: 120, protocol: 'all-items' });
    expect(result.metrics['recall@10']).toBe(result.metrics['hitRate@10']);
    expect(result.metrics['recall@10']).toBeGreaterThanOrEqual(result.metrics['recall@5']);
    expect(Object.keys(result.popularity)).toEqual(Object.keys(result.metrics));
    // Starting threads takes a hundred times as long as a pass over data of this size, and is no part of one.
    expect(result.secondsPerIteration).toBeGreaterThan(0);
    expect(result.secondsPerIteration).toBeLessThan(result.trainingSeconds / 8);
  });

  test('takes given parts, and finds what the groups have in common', async () => {
    const { code, stdout } = await runScript('evaluate', [
      '--train',
      train,
      '--test',
      tested,
      '--k',
      '2',
      ...small,
      '--json',
    ]);
    expect(code).toBe(0);
    // The stranger can't be tested on, and what u0 has in training is no test item.
    expect(JSON.parse(stdout)).toMatchObject({
      testedUsers: 20,
      skippedUsers: 1,
      testRatings: 41,
      metrics: { 'recall@2': 1, 'ndcg@2': 1, 'map@2': 1 },
    });
  });

  test('ranks against listed negatives', async () => {
    const parts = ['--train', train, '--test', tested, '--negatives', negatives];
    const { code, stdout } = await runScript('evaluate', [...parts, '--k', '1', ...small, '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      protocol: 'listed-negatives',
      metrics: { 'hitRate@1': 1, 'ndcg@1': 1 },
    });
  });

  test('measures rating errors for sgd, and prints a table for people', async () => {
    const ratings = join(directory, 'rated.csv');
    writeRatingsCsv(ratings, smallData.table);
    const args = ['--ratings', ratings, '--split', 'random:0.2', '--algorithm', 'sgd', '--k', '10', ...small];
    const { code, stdout } = await runScript('evaluate', args);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^rmse +\d\.\d{4} +\d\.\d{4}$/m);
    expect(stdout).toMatch(/^recall@10 +\d\.\d{4} +\d\.\d{4} to \d\.\d{4} +\d\.\d{4} +\d\.\d{4}$/m);
  });

  test('measures lists of other systems beside, and says how far apart they are', async () => {
    // One system knows the answers, the other one says the same to everybody, and not to all.
    const all = file('all.csv', pairs.filter(isTested).map(rowOf));
    const some = file(
      'some.csv',
      pairs.flatMap(([u]) => (u % 2 === 0 ? [`u${u},i3`] : [])),
    );
    const args = ['--train', train, '--test', tested, '--k', '1,2', ...small, '--recommendations', all, some];
    const { code, stdout } = await runScript('evaluate', [...args, '--json']);
    expect(code).toBe(0);
    const { metrics, lists, comparisons } = JSON.parse(stdout);
    expect(lists).toMatchObject([
      { name: 'all', file: all, order: 'file', users: 20, usersWithoutList: 0, metrics: { 'recall@2': 1 } },
      { name: 'some', file: some, users: 10, usersWithoutList: 10, duplicates: 90, shortLists: 10 },
    ]);
    const pairsCompared = comparisons.map(
      ({ first, second }: { first: string; second: string }) => `${first} ${second}`,
    );
    expect(pairsCompared).toEqual([
      'model popularity',
      'model all',
      'model some',
      'popularity all',
      'popularity some',
      'all some',
    ]);
    const { difference, interval, p } = comparisons[2].metrics['recall@2'];
    expect(difference).toBeCloseTo(metrics['recall@2'] - lists[1].metrics['recall@2'], 12);
    expect(interval[0]).toBeGreaterThan(0);
    expect(p).toBeLessThan(0.001);

    const shown = await runScript('evaluate', args);
    expect(shown.stdout).toMatch(/^ +als +95% interval +popularity +random +all +some$/m);
    expect(shown.stdout).toMatch(/^als less .*all +95% interval +p +some/m);
    expect(shown.stdout).toMatch(
      /^some: lists of 10 tested users, .*10 tested users without a list, a miss each;.*90 rows/m,
    );
  });

  test('writes a report that is one page with plots', async () => {
    const out = join(directory, 'report');
    const lists = file('a<b.csv', pairs.filter(isTested).map(rowOf));
    const args = ['--train', train, '--test', tested, '--k', '1,2', ...small, '--recommendations', lists];
    const { code, stdout } = await runScript('evaluate', [...args, '--report', out, '--json']);
    expect(code).toBe(0);
    const report = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8'));
    expect(report).toMatchObject({
      ...JSON.parse(stdout),
      command: expect.stringMatching(/^npm run evaluate -- --train /),
    });
    const page = readFileSync(join(out, 'report.html'), 'utf8');
    expect(page.match(/<figure/g)).toHaveLength(8);
    expect(page.match(/<svg[^>]* aria-label="[^"]+ of als, a<b, popularity, random/g)).toHaveLength(6);
    expect(page).toContain('<th scope="col">a&lt;b<th scope="col">95% interval');
    expect(page).not.toMatch(/<script|<link|<img|src=|@import/);
  });

  test('names the flags of lists where their columns are not recognised', async () => {
    const lists = join(directory, 'unclear.csv');
    writeFileSync(lists, 'who,itemId\nu0,i1\n');
    const args = ['--train', train, '--test', tested, ...small, '--recommendations', lists];
    const { code, stderr } = await runScript('evaluate', args);
    expect(code).toBe(1);
    expect(stderr).toMatch(/"who", "itemId"\. Name the right one with --list-user-column\.$/m);
    expect((await runScript('evaluate', [...args, '--list-user-column', 'who', '--json'])).code).toBe(0);
  });

  test('refuses lists of nobody who is in the ratings', async () => {
    const lists = file('strangers.csv', ['nobody,i1']);
    const { code, stderr } = await runScript('evaluate', [
      ...['--train', train, '--test', tested, ...small, '--recommendations', lists],
    ]);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/has no list of any user .* its first user is "nobody"/)]);
  });

  test('writes the split for other systems, which gives the same parts again', async () => {
    const split = join(directory, 'split');
    const ratings = join(directory, 'ratings-to-split.csv');
    writeRatingsCsv(ratings, smallData.table);
    const whole = await runScript('evaluate', [
      ...['--ratings', ratings, '--split', 'random:0.3', '--k', '5', ...small, '--json', '--write-split', split],
    ]);
    const parts = ['--train', join(split, 'train.csv'), '--test', join(split, 'test.csv')];
    const again = await runScript('evaluate', [...parts, '--k', '5', ...small, '--json']);
    const [first, second] = [whole, again].map(({ stdout }) => JSON.parse(stdout));
    for (const figure of ['users', 'trainRatings', 'testRatings', 'testedUsers']) {
      expect([figure, second[figure]]).toEqual([figure, first[figure]]);
    }
    expect(second.popularity['recall@5']).toBeCloseTo(first.popularity['recall@5'], 1);
  });

  test.each([
    ['columns of lists without lists', ['--rank-column', 'r'], /no meaning without --recommendations/],
    [
      'lists against negatives',
      ['--train', train, '--test', tested, '--negatives', negatives, '--recommendations', tested],
      /--negatives cannot be given with them/,
    ],
    ['nothing to evaluate', [], /give either --train and --test/],
    ['a test file alone', ['--test', tested], /give either --train and --test/],
    ['two ways at once', ['--train', train, '--test', tested, '--ratings', train], /give either --train and --test/],
    [
      'an unknown split',
      ['--ratings', train, '--split', 'half'],
      /--split: expected leave-last-out, random:F or time:F/,
    ],
    [
      'a flag of the other algorithm',
      ['--algorithm', 'sgd', '--alpha', '1'],
      /--alpha has no meaning for --algorithm sgd/,
    ],
    [
      'a split by time without times',
      ['--ratings', train, '--split', 'time:0.2'],
      /needs ratings with a timestamp column/,
    ],
  ])('refuses %s as wrong usage', async (_, args, message) => {
    const { code, stdout, stderr } = await runScript('evaluate', args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.split('\n')[0]).toMatch(message);
  });
});
