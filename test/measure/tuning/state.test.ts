import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkTuningFlags } from '../../../scripts/evaluate/tuning-flags.js';
import { Budget, BudgetEnd, createForecast } from '../../../src/measure/tuning/budget.js';
import { TuningState } from '../../../src/measure/tuning/state.js';
import { givenOptions, negativesPerUser, tuningSubject, wantedMetric } from '../../../src/measure/tuning/subject.js';
import { datasetOf, matrixOf } from '../../support/sample-data.js';
import { scratchDirectory } from '../../support/scratch-directory.js';

const subject = { data: 'abc', metric: 'ndcg@10', seed: '1' };
const trial = (factors: number, value: number, seconds = 2) => ({
  rung: 0,
  parameters: { factors, regularization: 0.01, regularizationExponent: 1, unobservedWeight: 0.1 },
  value,
  seconds,
});

const write = scratchDirectory();
let searches = 0;

/** Where nothing is yet. */
function directory(): string {
  return `${write('search', '')}-${searches++}`;
}

describe('TuningState', () => {
  test('gives back what it was given, also in another process', () => {
    const path = join(directory(), 'new', 'place');
    const state = TuningState.open(path, subject);
    state.add(trial(8, 0.25));
    state.add(trial(16, 0.5, 3));
    for (const same of [state, TuningState.open(path, subject)]) {
      expect(same.trials).toEqual([trial(8, 0.25), trial(16, 0.5, 3)]);
      expect(same.seconds).toBe(5);
      expect(same.best).toEqual(trial(16, 0.5, 3));
      expect(same.find(trial(8, 0))).toEqual(trial(8, 0.25));
      expect(same.find(trial(9, 0))).toBeUndefined();
    }
  });

  test('writes a table and the winner', async () => {
    const path = directory();
    const state = TuningState.open(path, subject);
    state.add(trial(8, 0.25));
    expect(await state.writeResults('ndcg@10', { factors: 8 })).toBe(join(path, 'parameters.json'));
    expect(readFileSync(join(path, 'parameters.json'), 'utf8')).toBe('{\n  "factors": 8\n}\n');
    expect(readFileSync(join(path, 'trials.csv'), 'utf8')).toBe(
      'trial,rung,factors,regularization,regularizationExponent,unobservedWeight,ndcg@10,seconds\n' +
        '1,0,8,0.01,1,0.1,0.25,2.000\n',
    );
  });

  test('leaves out half a line at the end', () => {
    const path = directory();
    TuningState.open(path, subject).add(trial(8, 0.25));
    appendFileSync(join(path, 'trials.jsonl'), '{"rung":0,"parame');
    const state = TuningState.open(path, subject);
    state.add(trial(16, 0.5));
    expect(TuningState.open(path, subject).trials).toEqual([trial(8, 0.25), trial(16, 0.5)]);
  });

  test('refuses trials of something else and says what differs', () => {
    const path = directory();
    TuningState.open(path, { ...subject, split: 'random:0.2' });
    expect(() => TuningState.open(path, { ...subject, metric: 'recall@5' })).toThrow(
      /something else: metric ndcg@10 there, recall@5 here; split random:0.2 there, not given here\. Give another directory as `out`/,
    );
  });

  test.each([
    ['a file that is no state', 'hello\n', /is not a file of trials\. Give another directory/],
    ['a damaged trial', `{"tuning":1,"subject":${JSON.stringify(subject)}}\n{"rung":0}\n`, /Line 2 of .* is damaged/],
  ])('refuses %s', (_, content, message) => {
    const path = write('trials.jsonl', content);
    expect(() => TuningState.open(dirname(path), subject)).toThrow(message);
  });

  test('says so when it cannot write', () => {
    const path = directory();
    mkdirSync(join(path, 'trials.jsonl'), { recursive: true });
    expect(() => TuningState.open(path, subject)).toThrow(/Cannot write .*trials\.jsonl/);
  });
});

describe('Budget', () => {
  test('allows what fits, counts what was spent before, and tells what was missing', () => {
    const time = new Budget(100, 40);
    expect(time.allows()).toBe(true);
    expect(time.allows(70)).toBe(true);
    expect(time.allows(71)).toBe(false);
    expect(time.needed).toBe(71);
    time.spend(60);
    expect(time.allows()).toBe(false);
    expect(time.spent).toBe(100);
  });

  test('ends a trial that turns out to be too long', () => {
    const time = new Budget(10, 0);
    time.check(11);
    expect(() => time.check(12)).toThrow(BudgetEnd);
  });
});

describe('the forecast', () => {
  test('goes by the pace after the start, once there is enough to see', () => {
    const forecast = createForecast();
    expect(forecast(1 / 80, 3)).toBe(3);
    expect(forecast(2 / 80, 3.5)).toBe(3.5);
    // 40 of 80 steps in four seconds after the first: 39 more take 3.9.
    expect(forecast(41 / 80, 7)).toBeCloseTo(7 + 3.9, 12);
    expect(forecast(1, 12)).toBe(12);
  });
});

describe('the subject', () => {
  const data = datasetOf(4, [[0, 1], [2]]);
  const folding = { split: { kind: 'random', fraction: 0.2 }, seed: 1, minRating: 0 } as const;

  test('tells data, protocol and options apart', () => {
    const one = tuningSubject(data, folding, 'ndcg@10', { iterations: 4 });
    expect(tuningSubject(datasetOf(4, [[0, 1], [2]]), folding, 'ndcg@10', { iterations: 4 })).toEqual(one);
    expect(tuningSubject(datasetOf(4, [[0, 1], [3]]), folding, 'ndcg@10', { iterations: 4 }).data).not.toBe(one.data);
    expect(
      tuningSubject(
        datasetOf(4, [[0, 1], [2]], () => 2),
        folding,
        'ndcg@10',
        {},
      ).data,
    ).not.toBe(one.data);
    expect(one).toMatchObject({
      split: 'random:0.2',
      negatives: 'none',
      metric: 'ndcg@10',
      seed: '1',
      options: '{"iterations":4}',
    });
  });

  test('raises ndcg at the first length, or what is asked for, if it is measured', () => {
    expect(wantedMetric(undefined, [20, 10])).toEqual({ metric: 'ndcg@20', k: 20 });
    expect(wantedMetric('recall@10', [20, 10])).toEqual({ metric: 'recall@10', k: 10 });
    expect(() => wantedMetric('ndcg@7', [10])).toThrow(/`tuneMetric` must be one of recall@10, .* got "ndcg@7"/);
  });

  test('leaves something to search', () => {
    const options = { factors: 8, regularization: 1, regularizationExponent: 1 };
    expect(givenOptions({ algorithm: 'als', options })).toBe(options);
    expect(() => givenOptions({ algorithm: 'als', options: { ...options, unobservedWeight: 1 } })).toThrow(
      /nothing to tune/,
    );
    expect(() => givenOptions({ algorithm: 'sgd', options: {} })).toThrow(/of als, not of sgd/);
  });

  test('counts negatives of users that have any', () => {
    expect(negativesPerUser(matrixOf(9, [[0, 1, 2], [], [3, 4, 5, 6], [7, 8]]))).toBe(3);
  });
});

describe('the flags', () => {
  const none = { tune: false, budget: undefined, tuneMetric: undefined, out: undefined };

  test('of tuning go with --tune only', () => {
    checkTuningFlags(none);
    checkTuningFlags({ ...none, tune: true, budget: 3 });
    expect(() => checkTuningFlags({ ...none, budget: 3 })).toThrow(/no meaning without --tune/);
    expect(() => checkTuningFlags({ ...none, out: 'x' })).toThrow(/no meaning without --tune/);
  });
});
