import type { FileReading } from '../../base/tables/file-reading.js';

/** What files of ratings held: what was taken for what, how far it ranges, and what is odd about it. */
export interface RatingsReading {
  readonly files: readonly FileReading[];
  /**
   * The smallest and the largest rating or quantity as they stand in the files, and how many are zero and negative, which
   * `aboutValues` explains; null where there are none.
   */
  readonly values: {
    readonly min: number;
    readonly max: number;
    readonly zeros: number;
    readonly negative: number;
  } | null;
  /** The first and the last time (ISO 8601, UTC); null where there are none. */
  readonly times: { readonly first: string; readonly last: string } | null;
  readonly remarks: readonly Remark[];
}

/** Something in the data that may be a mistake, though each row can be used. */
export interface Remark {
  readonly kind:
    | 'blanks-removed'
    | 'decimal-ids'
    | 'exponent-ids'
    | 'case-only-ids'
    | 'dominant-user'
    | 'equal-values'
    | 'far-value'
    | 'future-times'
    | 'early-times'
    | 'date-order'
    | 'unused-column';
  /** For people, in a sentence; names of options stand in backticks. */
  readonly text: string;
}
