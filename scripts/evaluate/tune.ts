import { ShortlistError } from '../../src/errors.js';
import type { SplitSpec } from '../../src/learn/dataset/splits.js';
import { ALS_OPTIONS, type AlsOptions } from '../../src/learn/training/als-options.js';
import { valueDefaults } from '../../src/learn/training/confidence.js';
import type { TrainingChoice } from '../../src/learn/training/train.js';
import { Budget, BudgetEnd, createForecast } from '../../src/measure/tuning/budget.js';
import { type FoldOptions, validationFolds, validationSplit } from '../../src/measure/tuning/folds.js';
import { LAST_RUNG, searchTrials, type TuneTrial } from '../../src/measure/tuning/search.js';
import { TUNED_NAMES, tuneSpaceOf } from '../../src/measure/tuning/space.js';
import { type FinishedTrial, TuningState } from '../../src/measure/tuning/state.js';
import { givenOptions, negativesPerUser, tuningSubject, wantedMetric } from '../../src/measure/tuning/subject.js';
import { measureTrial, type TuneTask, trialWork, tuneRungs } from '../../src/measure/tuning/trial.js';
import type { CommandContext, Options } from '../command/command.js';
import type { Progress } from '../command/progress.js';
import type { EvaluationParts } from './parts.js';
import type { Tuning } from './report.js';
import { DEFAULT_BUDGET, DEFAULT_OUT, type tuningFlags } from './tuning-flags.js';

interface TuningOptions extends Pick<Options<typeof tuningFlags>, 'budget' | 'tuneMetric' | 'out'> {
  readonly split?: SplitSpec | undefined;
  /** Lengths of list that are measured. */
  readonly k: readonly number[];
  readonly threads?: number | undefined;
  readonly seed: number;
}

/**
 * Searches the hyper-parameters that no flag gives, on parts of the training interactions only. Trials that an earlier
 * run has finished are not repeated, and their time counts.
 * @throws ShortlistError `invalid-option`, `tuning-mismatch`, `output-unwritable`, and what training throws
 */
export async function tune(
  choice: TrainingChoice,
  { train, test, negatives }: EvaluationParts,
  { budget = DEFAULT_BUDGET, out = DEFAULT_OUT, tuneMetric, split, k: cutOffs, threads, seed }: TuningOptions,
  progress: Progress,
  { onInterrupt }: CommandContext,
): Promise<Tuning> {
  const given = givenOptions(choice);
  const { minRating = valueDefaults(train).minRating, iterations = ALS_OPTIONS.iterations.default } = given;
  const { metric, k } = wantedMetric(tuneMetric, cutOffs);
  const folding: FoldOptions = {
    split: split ?? validationSplit(test),
    seed,
    minRating,
    ...(negatives ? { negatives: negativesPerUser(negatives) } : {}),
  };
  const state = TuningState.open(out, tuningSubject(train, folding, metric, given));
  onInterrupt(() => {
    progress.note(`${state.trials.length} finished trials are kept in ${out}; the same command goes on from there.`);
  });
  const task: TuneTask = {
    rungs: tuneRungs(validationFolds(train, folding), iterations, seed),
    metric,
    k,
    options: given,
    threads,
  };
  const time = new Budget(budget * 60, state.seconds);
  const winner = () => ({ ...flagsOf(given), iterations, ...state.best?.parameters });

  const stage = progress.stage('tune', Math.round(time.seconds));
  const fixed = Object.fromEntries(TUNED_NAMES.filter(name => name in given).map(name => [name, given[name]]));
  const proposals = searchTrials(tuneSpaceOf(train, fixed, given), seed);
  let next = proposals.next();
  while (!next.done) {
    const trial = next.value;
    const finished =
      state.find(trial) ??
      (await runTrial(task, trial, state, time, seconds => {
        const best = state.best ? `, best ${metric} ${state.best.value.toFixed(4)}` : '';
        stage.update(Math.round(seconds), `s, trial ${state.trials.length + 1}: ${describe(trial)}${best}`);
      }));
    if (!finished) break;
    if (!state.find(trial)) {
      state.add(finished);
      await state.writeResults(metric, winner());
    }
    next = proposals.next(finished.value);
  }
  const complete = next.done === true;
  stage.end(`${state.trials.length} trials, ${complete ? 'nothing left to try' : 'budget used up'}`);

  const { best } = state;
  if (!best) throw tooSmall(budget, time.needed);
  if (best.rung < LAST_RUNG) progress.note('No setting was measured in full: a larger --budget goes on from here.');
  return {
    trials: state.trials.length,
    seconds: state.seconds,
    complete,
    metric,
    value: best.value,
    best: winner(),
    path: await state.writeResults(metric, winner()),
    history: state.trials.map(({ rung, value, seconds }) => ({ rung, value, seconds })),
  };
}

/** Runs a trial if there is time for it; undefined when there is not. */
async function runTrial(
  task: TuneTask,
  trial: TuneTrial,
  state: TuningState,
  time: Budget,
  onProgress: (seconds: number) => void,
): Promise<FinishedTrial | undefined> {
  if (!time.allows(guessSeconds(task, trial, state))) return undefined;
  const start = performance.now();
  const forecast = createForecast();
  try {
    const value = await measureTrial(task, trial, (part, seconds) => {
      onProgress(time.spent + seconds);
      time.check(forecast(part, seconds));
    });
    const seconds = (performance.now() - start) / 1000;
    time.spend(seconds);
    return { ...trial, value, seconds };
  } catch (thrown) {
    if (thrown instanceof BudgetEnd) return undefined;
    throw thrown;
  }
}

/** The time of the last trial of the same rung, or of the last one at all, in proportion to the work. */
function guessSeconds(task: TuneTask, trial: TuneTrial, { trials }: TuningState): number | undefined {
  const like = trials.findLast(({ rung }) => rung === trial.rung) ?? trials.at(-1);
  return like && (like.seconds * trialWork(task, trial)) / trialWork(task, like);
}

/** Options as flags that suit every command; a seed is no property of the data. */
function flagsOf({ seed: _, ...options }: Partial<AlsOptions>): Partial<AlsOptions> {
  return options;
}

function describe({ parameters: p }: TuneTrial): string {
  return `${p.factors} factors, ${p.regularization} ^ ${p.regularizationExponent}, ${p.unobservedWeight}`;
}

function tooSmall(minutes: number, neededSeconds = 0): ShortlistError {
  const needed = (neededSeconds / 60).toPrecision(2);
  return new ShortlistError(
    'invalid-option',
    `--budget ${minutes} is too small for one trial, which takes at least ${needed} minutes here; a search takes some dozens of them`,
    { budget: minutes, neededSeconds },
  );
}
