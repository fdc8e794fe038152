import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkOptions } from '../../../src/base/options/option.js';
import { ALS_OPTIONS } from '../../../src/learn/training/als-options.js';
import { bestTrial, LAST_RUNG, searchTrials, type TuneTrial, trialKey } from '../../../src/measure/tuning/search.js';
import {
  firstCandidates,
  type TunedParameters,
  type TuneSpace,
  tuneSpaceOf,
} from '../../../src/measure/tuning/space.js';
import { datasetOf } from '../../support/sample-data.js';

const space: TuneSpace = {
  fixed: {},
  mostFactors: 512,
  unobservedWeight: 0.1,
  typicalFrequency: weight => 100 + 1000 * weight,
};

/** A smooth hill with its top at 0.013, 0.07 and 256 factors; the lower rungs see it less sharply. */
function hill({ rung, parameters: p }: TuneTrial): number {
  const away =
    Math.log(p.regularization / 0.013) ** 2 +
    Math.log(p.unobservedWeight / 0.07) ** 2 +
    Math.log2(p.factors / 256) ** 2 +
    4 * (p.regularizationExponent - 1) ** 2;
  return Math.exp(-away / (20 - 5 * rung));
}

function run(answer: (trial: TuneTrial) => number, of: TuneSpace = space, seed = 1) {
  const trials: (TuneTrial & { value: number })[] = [];
  const search = searchTrials(of, seed);
  for (let next = search.next(); !next.done && trials.length < 500; ) {
    const value = answer(next.value);
    trials.push({ ...next.value, value });
    next = search.next(value);
  }
  return trials;
}

describe('searchTrials', () => {
  test('finds the top of a hill in some dozens of trials', () => {
    const trials = run(hill);
    expect(trials.length).toBeLessThan(120);
    const { factors, regularization, unobservedWeight } = bestTrial(trials)!.parameters;
    expect(factors).toBe(256);
    expect(Math.abs(Math.log(regularization / 0.013))).toBeLessThan(Math.log(1.3));
    expect(Math.abs(Math.log(unobservedWeight / 0.07))).toBeLessThan(Math.log(1.3));
  });

  test('proposes nothing that training refuses, whatever the answers', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1 }),
        (seed, answers) => {
          let asked = 0;
          const trials = run(() => answers[asked++ % answers.length]!, space, seed);
          for (const { parameters } of trials) checkOptions(ALS_OPTIONS, parameters);
        },
      ),
      { numRuns: 30 },
    );
  });

  test('measures all candidates roughly, a third of them better, a third of those in full, the best of each', () => {
    const trials = run(hill);
    const halving = trials.slice(0, 39);
    expect(halving.map(({ rung }) => rung)).toEqual([
      ...Array.from({ length: 27 }, () => 0),
      ...Array.from({ length: 9 }, () => 1),
      ...Array.from({ length: 3 }, () => 2),
    ]);
    const parametersOf = (rung: number) => halving.filter(trial => trial.rung === rung).map(trial => trial.parameters);
    const best = (rung: number, count: number) =>
      halving
        .filter(trial => trial.rung === rung)
        .toSorted((a, b) => b.value - a.value)
        .slice(0, count)
        .map(trial => trial.parameters);
    expect(parametersOf(1)).toEqual(best(0, 9));
    expect(parametersOf(2)).toEqual(best(1, 3));
    expect(trials.slice(39).every(({ rung }) => rung === LAST_RUNG)).toBe(true);
  });

  test('asks for no trial twice, and for the same ones when it gets the same answers', () => {
    const keys = run(hill).map(trialKey);
    expect(new Set(keys).size).toBe(keys.length);
    expect(run(hill).map(trialKey)).toEqual(keys);
    expect(run(hill, space, 2).map(trialKey)).not.toEqual(keys);
  });

  test('leaves alone what is fixed', () => {
    const fixed = { factors: 24, unobservedWeight: 0.3 };
    const trials = run(hill, { ...space, fixed });
    expect(trials.filter(({ rung }) => rung === 0)).toHaveLength(9);
    for (const { parameters } of trials) expect(parameters).toMatchObject(fixed);
    expect(Math.abs(Math.log(bestTrial(trials)!.parameters.regularization / 0.013))).toBeLessThan(Math.log(1.3));
  });

  test('gives up factors that bring next to nothing', () => {
    const trials = run(trial => {
      const { parameters } = trial;
      return hill({ ...trial, parameters: { ...parameters, factors: 256 } }) + parameters.factors * 1e-6;
    });
    expect(bestTrial(trials)!.parameters.factors).toBe(8);
    expect(Math.max(...trials.map(({ parameters }) => parameters.factors))).toBe(128);
  });

  test('comes to an end when nothing makes a difference', () => {
    expect(run(() => 0).length).toBeLessThan(80);
  });
});

describe('the space', () => {
  test('begins with points that leave no large part of the range out', () => {
    const points = firstCandidates(space, 3).slice(1);
    const cell = ({ regularization, unobservedWeight }: TunedParameters) =>
      [Math.log10(regularization / 2e-4) / 0.9, Math.log10(unobservedWeight / 1e-3)].map(Math.floor).join();
    expect(points).toHaveLength(26);
    expect(new Set(points.map(cell)).size).toBe(9);
  });

  test('knows the typical frequency of rows', () => {
    // Rows of 2 and 1 interactions over 3 items, items of 2, 1 and 0 over 2 users.
    const { typicalFrequency, mostFactors } = tuneSpaceOf(datasetOf(3, [[0, 1], [0]]), {});
    expect(typicalFrequency(0.5)).toBeCloseTo((3.5 * 2.5 * 3 * 2 * 1) ** (1 / 5), 12);
    expect(mostFactors).toBe(8);
  });
});

describe('bestTrial', () => {
  const trial = (rung: number, factors: number, value: number) => ({
    rung,
    parameters: { factors, regularization: 1, regularizationExponent: 1, unobservedWeight: 1 },
    value,
  });

  test('compares only the most careful figures, and wants more for more factors', () => {
    const chosen = (...values: readonly [rung: number, factors: number, value: number][]) =>
      bestTrial(values.map(of => trial(...of)))?.parameters.factors;
    expect(chosen([0, 8, 0.9], [1, 16, 0.5], [1, 32, 0.6], [1, 16, 0.55])).toBe(32);
    expect(chosen([2, 32, 0.6], [2, 64, 0.605])).toBe(32);
    expect(chosen([2, 32, 0.6], [2, 64, 0.607])).toBe(64);
    expect(bestTrial([])).toBeUndefined();
  });
});
