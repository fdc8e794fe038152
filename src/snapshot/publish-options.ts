import { integer, real } from '../base/options/option.js';

/** What `PublishOptions` are beside the candidate sources, and their ranges and defaults. */
export const PUBLISH_OPTIONS = {
  /** Least recall of the final top 10 and of the candidates, against exact search. */
  recallTarget: real({
    meaning: 'least share of the exact top 10, and of the exact candidates, that serving must find',
    min: 0,
    max: 1,
    default: 0.99,
  }),
  /** Seed of clustering, graph and the users to choose the operating point by; the training has its own. */
  seed: integer({ meaning: 'seed of everything random', min: 0, default: 1 }),
  /** Snapshots that stay in the store, this one included. */
  keep: integer({ meaning: 'snapshots to keep, this one included', min: 1, max: 1000, default: 3 }),
};
