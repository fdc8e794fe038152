/** A row of a file that cannot be used. */
export interface BadRow {
  readonly file: string;
  /** Line in the (unpacked) file from 1; for Parquet the row from 1. */
  readonly line: number;
  readonly reason: string;
}

/** No facts beside the message. */
type Nothing = Readonly<Record<never, never>>;
type Numbers<Name extends string> = { readonly [N in Name]?: number };

/**
 * Every cause of failure that Shortlist names, with the facts that its message was composed from. Where a cause has
 * several places, facts that only some of them know are optional.
 */
export interface ErrorFields {
  // Input files
  'file-unreadable': { readonly file: string };
  'file-empty': { readonly file: string; readonly rows?: number; readonly columns?: number };
  /** Rows that were read do not add up to the lines of their file. */
  'rows-lost': { readonly file: string; readonly lines: number; readonly rows: number };
  /** No room for what is unpacked, converted or too large for memory; `bytes` are needed where that is known. */
  'disk-full': { readonly directory: string; readonly bytes?: number };
  'missing-column': { readonly file: string; readonly role?: string; readonly columns?: readonly string[] };
  'bad-rows': { readonly total: number; readonly rows: readonly BadRow[] };
  'no-usable-rows': { readonly files?: readonly string[]; readonly rejected?: number; readonly tested?: number };
  // Factors trained elsewhere
  'factors-unsupported': { readonly file: string; readonly descr?: string; readonly shape?: readonly number[] };
  'factors-transposed': { readonly files: readonly string[] };
  'factors-mismatched': {
    readonly file?: string;
    readonly row?: number;
    readonly users?: number;
    readonly items?: number;
  };
  'factors-zero': { readonly file: string; readonly rows: number };
  'ids-mismatched': Numbers<'ids' | 'rows' | 'row' | 'length' | 'ratings' | 'users' | 'items'> & {
    /** The number of a row that has no id. */
    readonly number?: string;
  };
  'duplicate-ids': {
    readonly file?: string;
    readonly line?: number;
    readonly id?: string;
    readonly rows?: readonly number[];
  };
  // Options of commands and functions
  'invalid-option': {
    readonly option?: string;
    readonly value?: string | number;
    /** The numbers that the option takes. */
    readonly least?: number;
    readonly most?: number;
    readonly [fact: string]: string | number | undefined;
  };
  'invalid-config': { readonly wrong: readonly { readonly variable: string; readonly message: string }[] };
  // The search for hyper-parameters
  'tuning-mismatch': { readonly path: string; readonly different?: readonly string[]; readonly line?: number };
  // Training
  'nothing-positive': { readonly interactions: number; readonly minRating: number; readonly largest?: number };
  'factors-vanished': { readonly regularization: number; readonly unobservedWeight?: number };
  'non-finite-factors': { readonly file?: string } & Numbers<
    'rows' | 'first' | 'iteration' | 'regularization' | 'alpha' | 'stddev' | 'learningRate'
  >;
  'worker-failed': { readonly purpose: string; readonly reason: string };
  // Retrieval
  'hnsw-unavailable': { readonly snapshot?: string };
  'out-of-memory': { readonly file?: string } & Numbers<
    'bytes' | 'used' | 'rows' | 'columns' | 'users' | 'items' | 'interactions' | 'factors'
  >;
  'incorrect-answer': { readonly source: string; readonly effort: number | 'exact'; readonly request: number };
  // Snapshots
  'no-snapshot': { readonly directory: string; readonly damaged?: readonly string[] };
  'snapshot-damaged': { readonly path: string; readonly why: string };
  'snapshot-unwritable': { readonly directory?: string; readonly file?: string; readonly cause?: string };
  'unknown-snapshot': { readonly to: string; readonly ids: readonly string[] };
  'no-earlier-snapshot': { readonly id: string; readonly ids: readonly string[] };
  'precomputed-unusable': { readonly path: string; readonly why: string };
  // New interactions
  'events-unavailable': { readonly path: string };
  'events-off': Nothing;
  // Requests
  'unknown-item': { readonly itemId: string };
  'unknown-category': { readonly category: string };
  'value-out-of-scale': {
    /** Where in the list, such as `[3].value`. */
    readonly path: string;
    readonly value: number;
    readonly least: number;
    readonly most: number;
  };
  'invalid-cursor': Nothing;
  'cursor-expired': Nothing;
  'unknown-attribute': { readonly attribute: string; readonly attributes: readonly string[] };
  'invalid-filter': { readonly filter: string };
  'invalid-request': { readonly errors: readonly object[] };
  'body-too-large': Nothing;
  'not-found': Nothing;
  'method-not-allowed': Nothing;
  'malformed-request': Nothing;
  'unsupported-media-type': { readonly errors?: readonly object[] };
  'url-too-long': Nothing;
  'headers-too-large': Nothing;
  'request-timeout': Nothing;
  'not-ready': Nothing;
  overloaded: Nothing;
  'deadline-exceeded': Nothing;
  unauthorized: { readonly errors: readonly object[] };
  forbidden: Nothing;
  'rate-limited': Nothing;
  // Processes
  'port-in-use': { readonly host: string; readonly port: number };
  'cannot-listen': { readonly host: string; readonly port: number; readonly cause?: string | undefined };
  'no-server': { readonly name?: string; readonly url?: string };
  'package-missing': { readonly package: string };
  'output-unwritable': { readonly path: string };
}

/** A code is stable and meant for programs. */
export type ErrorCode = keyof ErrorFields;

type FieldsAndCause<Code extends ErrorCode> = Nothing extends ErrorFields[Code]
  ? [fields?: ErrorFields[Code], options?: ErrorOptions]
  : [fields: ErrorFields[Code], options?: ErrorOptions];

/**
 * An expected failure with a named cause. The message is meant for people: what was expected, what came, and what to do. It
 * speaks of options as functions take them, in backticks; a command writes its flags instead (`scripts/command/advice.ts`).
 */
export class ShortlistError<Code extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'ShortlistError';
  readonly fields: ErrorFields[Code];

  constructor(
    readonly code: Code,
    message: string,
    ...[fields, options]: FieldsAndCause<Code>
  ) {
    super(message, options);
    this.fields = fields ?? ({} as ErrorFields[Code]);
  }
}

/** The message of anything that was thrown, for use inside another message. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
