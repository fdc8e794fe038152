/**
 * Every cause of failure that Shortlist names. A code is stable and meant for programs; the message beside it is meant
 * for people and says what was expected, what came, and what to do.
 */
export type ErrorCode =
  // Input files
  | 'file-unreadable'
  | 'file-empty'
  | 'missing-column'
  | 'bad-rows'
  | 'no-usable-rows'
  // Factors trained elsewhere
  | 'factors-unsupported'
  | 'factors-transposed'
  | 'factors-mismatched'
  | 'factors-zero'
  | 'ids-mismatched'
  | 'duplicate-ids'
  // Options of commands and functions
  | 'invalid-option'
  | 'invalid-config'
  | 'package-missing'
  // Tuning
  | 'tuning-mismatch'
  // Training
  | 'non-finite-factors'
  | 'worker-failed'
  // Retrieval
  | 'hnsw-unavailable'
  | 'out-of-memory'
  | 'incorrect-answer'
  // Snapshots
  | 'no-snapshot'
  | 'snapshot-damaged'
  | 'snapshot-unwritable'
  | 'unknown-snapshot'
  | 'no-earlier-snapshot'
  | 'precomputed-unusable'
  // New interactions
  | 'events-unavailable'
  | 'events-off'
  // Requests
  | 'unknown-item'
  | 'unknown-category'
  | 'invalid-request'
  | 'body-too-large'
  | 'not-found'
  | 'method-not-allowed'
  | 'malformed-request'
  | 'unsupported-media-type'
  | 'url-too-long'
  | 'headers-too-large'
  | 'request-timeout'
  | 'not-ready'
  | 'overloaded'
  | 'deadline-exceeded'
  | 'unauthorized'
  | 'forbidden'
  | 'rate-limited'
  // Processes
  | 'port-in-use'
  | 'cannot-listen'
  | 'no-server'
  | 'output-unwritable';

/** An expected failure with a named cause. `fields` keeps the facts that the message was composed from. */
export class ShortlistError extends Error {
  override readonly name = 'ShortlistError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly fields: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The message of anything that was thrown, for use inside another message. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
