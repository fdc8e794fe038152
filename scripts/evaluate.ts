import { type Csr, filterEntries } from '../src/base/numeric/sparse.js';
import { integer, rangeOf } from '../src/base/options/option.js';
import type { Dataset } from '../src/learn/dataset/dataset.js';
import { aboutValues } from '../src/learn/training/about-values.js';
import { ALS_OPTIONS } from '../src/learn/training/als-options.js';
import { leastPositive, requirePositive } from '../src/learn/training/learnable.js';
import { type TrainingChoice, train, trainingMemory, trainingParameters } from '../src/learn/training/train.js';
import type { TrainedFactors } from '../src/learn/training/trained-factors.js';
import { type Evaluation, evaluateRanking } from '../src/measure/quality/evaluation.js';
import { itemMeanPrediction, ratingError } from '../src/measure/quality/rating-error.js';
import { createScorer } from '../src/measure/quality/scorer.js';
import { requireTestable } from '../src/measure/quality/testable-users.js';
import { type CommandContext, main, type Options } from './command/command.js';
import { commaList, numberFlag, numberValue, text } from './command/flag-values.js';
import { createProgress, type Progress } from './command/progress.js';
import { readerFlags } from './command/reader-flags.js';
import { readingLines } from './command/reading-lines.js';
import { checkReportPlace, circumstances, writeReport } from './command/report-page.js';
import { SUMMARIES } from './command/summaries.js';
import { trainingChoice, trainingFlags } from './command/training-flags.js';
import { checkListFlags, listFlags, type MeasuredLists, readLists } from './evaluate/lists.js';
import { evaluationPage } from './evaluate/page.js';
import { partFlags, readParts } from './evaluate/parts.js';
import type { EvaluationResult, ListsResult } from './evaluate/report.js';
import { evaluationTable } from './evaluate/table.js';
import { tune } from './evaluate/tune.js';
import { checkTuningFlags, tuningFlags } from './evaluate/tuning-flags.js';
import { tuningSummary } from './evaluate/tuning-summary.js';
import { writeSplit } from './evaluate/write-split.js';

const k = integer({ meaning: 'lengths of list to measure at', min: 1, max: 1000 });

const flags = {
  ...partFlags,
  ...listFlags,
  k: { value: 'LIST', help: k.meaning, range: rangeOf(k), schema: commaList(numberValue(k)).default([10, 20]) },
  threads: numberFlag({ ...ALS_OPTIONS.threads, default: 'one per processor' }),
  ...tuningFlags,
  report: {
    value: 'DIR',
    help: 'also write report.json and report.html, a page with plots that needs nothing else',
    schema: text().optional(),
  },
  ...trainingFlags,
  ...readerFlags,
};

await main({
  name: 'evaluate',
  summary: SUMMARIES.evaluate,
  flags,
  examples: [
    '--ratings ratings.csv --split leave-last-out --k 10',
    '--train train.csv --test test.csv --negatives negatives.csv --factors 192',
    '--ratings ratings.csv --split random:0.2 --algorithm sgd',
    '--train train.csv --test test.csv --recommendations ours.csv theirs.parquet',
    '--ratings ratings.csv --split random:0.2 --tune --budget 30 --out data/tuning',
  ],
  run: evaluate,
  print: result => [...tuningSummary(result.tuning), evaluationTable(result)].join('\n'),
});

async function evaluate(options: Options<typeof flags>, context: CommandContext): Promise<EvaluationResult> {
  const given = trainingChoice(options);
  checkTuningFlags(options);
  checkListFlags(options);
  if (options.report !== undefined) checkReportPlace(options.report, '--report');
  const { seed = 1 } = options;
  const progress = createProgress();
  const reading = progress.stage('read');
  const parts = await readParts(options, options, seed);
  const { train: dataset, test, negatives } = parts;
  if (options.writeSplit !== undefined) await writeSplit(options.writeSplit, parts);
  const lists = await readLists(options, dataset);
  reading.end(`${dataset.byUser.indices.length} interactions to train on, ${test.indices.length} to test on`);
  const read = new Set(parts.tables.flatMap(readingLines));
  for (const line of [...read, ...aboutValues(dataset, trainingParameters(given, dataset))]) progress.note(line);
  // An interaction that training would not count as a positive one is no hit either; it is not shown again all the same.
  const least = leastPositive(trainingParameters(given, dataset), dataset);
  const relevant = filterEntries(test, (_user, _item, value) => value >= least);
  if (dataset.byUser.indices.length > 0) requirePositive(trainingParameters(given, dataset), dataset);
  requireTestable({ history: dataset.byUser, heldBack: test, relevant, least, negatives, split: options.split });
  const tuning = options.tune ? await tune(given, parts, { ...options, seed }, progress, context) : undefined;
  const choice: TrainingChoice = tuning ? { algorithm: 'als', options: { ...given.options, ...tuning.best } } : given;
  const trained = await trainTimed(choice, dataset, progress);
  const stage = progress.stage('rank');
  const evaluation = await evaluateRanking(trained.factors, dataset, relevant, {
    cutOffs: options.k,
    lists,
    seed,
    threads: options.threads,
    ...(negatives ? { negatives } : {}),
    onProgress: (users, of) => stage.update(users, `${users} of ${of} users`),
  });
  const evaluationSeconds = stage.end(`${evaluation.testedUsers} users`);
  const errors =
    choice.algorithm === 'sgd' ? ratingErrors(trained.factors, dataset, test) : { model: {}, baseline: {} };

  const result: EvaluationResult = {
    users: dataset.users.size,
    items: dataset.items.size,
    trainRatings: dataset.byUser.indices.length,
    testRatings: relevant.indices.length,
    testedUsers: evaluation.testedUsers,
    skippedUsers: evaluation.skippedUsers,
    protocol: negatives ? 'listed-negatives' : 'all-items',
    algorithm: choice.algorithm,
    parameters: trainingParameters(choice, dataset),
    trainingSeconds: trained.seconds,
    secondsPerIteration: trained.secondsPerIteration,
    evaluationSeconds,
    metrics: { ...evaluation.model.metrics, ...errors.model },
    popularity: { ...evaluation.popularity.metrics, ...errors.baseline },
    random: evaluation.random,
    intervals: { metrics: evaluation.model.intervals, popularity: evaluation.popularity.intervals },
    activity: evaluation.model.activity.map((slice, n) => ({
      ...slice,
      popularity: evaluation.popularity.activity[n]?.metrics ?? {},
    })),
    comparisons: evaluation.comparisons,
    ...(lists.length > 0 ? { lists: evaluation.lists.map((quality, n) => listsResult(lists[n]!, quality)) } : {}),
    ...(tuning ? { tuning } : {}),
    reading: parts.tables.flatMap(({ reading }) => reading ?? []),
  };
  if (options.report !== undefined) {
    const report = { ...result, ...circumstances('evaluate') };
    await writeReport(options.report, report, evaluationPage(report), '--report');
    progress.note(`report written to ${options.report}`);
  }
  return result;
}

function listsResult(
  { file, order, rejected, facts }: MeasuredLists,
  quality: Evaluation['lists'][number],
): ListsResult {
  return { ...quality, file, order, rejected, ...facts! };
}

async function trainTimed(choice: TrainingChoice, dataset: Dataset, progress: Progress) {
  const memory = trainingMemory(choice, dataset);
  if (memory) progress.note(memory);
  const stage = progress.stage('train', trainingParameters(choice, dataset).iterations);
  const ends: number[] = [];
  const factors = await train(choice, dataset, step => {
    ends.push(step.seconds);
    stage.update(step.iteration, `loss ${step.loss.toPrecision(6)}`);
  });
  const seconds = stage.end(`${ends.length} iterations`);
  // The first one ends after the data are laid out and the threads started, which trainingSeconds covers.
  const [first = seconds, last = seconds] = [ends[0], ends.at(-1)];
  return { factors, seconds, secondsPerIteration: ends.length > 1 ? (last - first) / (ends.length - 1) : last };
}

function ratingErrors(factors: TrainedFactors, dataset: Dataset, test: Csr) {
  return {
    model: { ...ratingError(createScorer(factors), dataset, test) },
    // Popularity predicts no ratings: the mean rating of the item takes its place.
    baseline: { ...ratingError(itemMeanPrediction(dataset), dataset, test) },
  };
}
