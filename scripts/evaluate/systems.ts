import type { ActivitySlice } from '../../src/measure/quality/activity-slices.js';
import type { Quality } from '../../src/measure/quality/evaluation.js';
import type { EvaluationResult } from './report.js';

/** A recommender as a report shows it. */
export interface System {
  readonly name: string;
  readonly metrics: Quality['metrics'];
  /** Not known for chance. */
  readonly intervals?: Quality['intervals'];
  readonly activity?: readonly Pick<ActivitySlice, 'interactions' | 'metrics'>[];
}

/** All that were measured: the model first, chance last. */
export function systemsOf({
  algorithm,
  metrics,
  popularity,
  random,
  intervals,
  activity,
  lists = [],
}: EvaluationResult): System[] {
  return [
    { name: algorithm, metrics, intervals: intervals.metrics, activity },
    ...lists,
    {
      name: 'popularity',
      metrics: popularity,
      intervals: intervals.popularity,
      activity: activity.map(({ interactions, popularity: ofSlice }) => ({ interactions, metrics: ofSlice })),
    },
    { name: 'random', metrics: random },
  ];
}
