import {
  factorsMove,
  firstCandidates,
  type Move,
  TUNED_NAMES,
  type TunedParameters,
  type TuneSpace,
  weightMoves,
} from './space.js';

/** Parameters to measure, and how carefully: from rung to rung a measurement costs more and says more. */
export interface TuneTrial {
  readonly rung: number;
  readonly parameters: TunedParameters;
}

/** The most careful rung; only figures of the same rung can be compared. */
export const LAST_RUNG = 2;
/** One candidate of this many goes on to the next rung. */
const CANDIDATES_PER_SURVIVOR = 3;
/** Steps of the weights, coarse and then fine; the effect of a finer one than the last is lost in the noise. */
const STEPS = [2, 1.4, 1.2] as const;
/** A step of the weights has to raise the figure by this part of it: less is noise, and to follow noise leads astray. */
const LEAST_GAIN = 0.005;
/** Twice the factors cost twice the memory and time for ever: they have to raise the figure by this part of it. */
const PRICE_OF_FACTORS = 0.01;

interface Measured {
  readonly parameters: TunedParameters;
  readonly value: number;
}

type Search<Result> = Generator<TuneTrial, Result, number>;

/**
 * Proposes trials one after the other, and is given the figure of each (higher is better):
 *
 * 1. successive halving (Jamieson and Talwalkar 2016) of evenly spread weights, with few factors;
 * 2. with the winner's weights, twice the factors as long as that pays: the most to gain, and it wants little else
 *    changed (Rendle et al. 2022);
 * 3. with that many factors, steps to better weights (pattern search, Hooke and Jeeves 1961);
 * 4. once more twice, or half, the factors.
 *
 * The same space, seed and answers give the same trials, so that a search is resumed by repeating the answers.
 */
export function* searchTrials(space: TuneSpace, seed: number): Search<void> {
  const answers = new Map<string, number>();
  function* measure(parameters: TunedParameters, rung = LAST_RUNG): Search<Measured> {
    const key = trialKey({ rung, parameters });
    const value = answers.get(key) ?? (yield { rung, parameters });
    answers.set(key, value);
    return { parameters, value };
  }
  /** Makes the move again and again while that pays. */
  function* follow(best: Measured, move: Move, leastGain: number): Search<Measured> {
    for (;;) {
      const next = yield* measure(move(best.parameters));
      if (!(worth(next) > worth(best) * (1 + leastGain))) return best;
      best = next;
    }
  }
  let best = yield* halve(firstCandidates(space, seed), measure);
  best = yield* follow(best, factorsMove(space, 2), 0);
  for (const step of STEPS) {
    for (let before: Measured | undefined; best !== before; ) {
      before = best;
      for (const move of weightMoves(space, step)) best = yield* follow(best, move, LEAST_GAIN);
    }
  }
  best = yield* follow(best, factorsMove(space, 2), 0);
  yield* follow(best, factorsMove(space, 0.5), 0);
}

/** The figure less what the factors cost. */
function worth({ parameters, value }: Measured): number {
  return value / (1 + PRICE_OF_FACTORS) ** Math.log2(parameters.factors);
}

/** The same for the same trial only. */
export function trialKey({ rung, parameters }: TuneTrial): string {
  return [rung, ...TUNED_NAMES.map(name => parameters[name])].join(' ');
}

/** Of the most careful trials so far the one with the most to offer for its factors; undefined when there is none yet. */
export function bestTrial<Trial extends TuneTrial & { readonly value: number }>(
  trials: readonly Trial[],
): Trial | undefined {
  const careful = Math.max(...trials.map(({ rung }) => rung));
  return trials
    .filter(({ rung }) => rung === careful)
    .reduce<Trial | undefined>((best, trial) => (best && worth(best) >= worth(trial) ? best : trial), undefined);
}

function* halve(
  candidates: readonly TunedParameters[],
  measure: (parameters: TunedParameters, rung: number) => Search<Measured>,
): Search<Measured> {
  for (let rung = 0; ; rung++) {
    const measured: Measured[] = [];
    for (const parameters of candidates) measured.push(yield* measure(parameters, rung));
    // A stable sort: of equals the first stays ahead.
    measured.sort((a, b) => b.value - a.value);
    if (rung === LAST_RUNG) return measured[0]!;
    const survivors = Math.ceil(measured.length / CANDIDATES_PER_SURVIVOR);
    candidates = measured.slice(0, survivors).map(({ parameters }) => parameters);
  }
}
