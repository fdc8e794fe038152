/** Every command in the order in which people meet them, with what it does, in one line. */
export const SUMMARIES = {
  demo: 'From nothing to recommendations in a browser: makes up ratings (or reads yours), trains, builds, serves.',
  rebuild:
    'Trains on ratings, builds and tunes the candidate sources, and publishes the result as the current snapshot.',
  start: 'Serves the current snapshot over HTTP, configured by environment variables.',
  evaluate: 'Trains on a part of the ratings and measures on the rest, beside popularity and chance.',
  benchmark: 'Measures recall against latency of every candidate source and effort over the current snapshot.',
  batch: 'Writes the top items of all users, or of those in a file, as the service would answer.',
  import: 'Takes factors that were trained elsewhere and publishes them as the current snapshot.',
  export: 'Writes the factors and ids of the current snapshot for other programs.',
  rollback: 'Makes an earlier snapshot the current one again, once it is verified.',
  'load-test':
    'Measures throughput and latency of the service beside a bare Express route, and its behaviour under overload.',
} as const;

export type CommandName = keyof typeof SUMMARIES;
