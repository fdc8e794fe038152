import type { Role } from './column-names.js';

/**
 * What became of a file: every line is accounted for, `lines` = `header` + `blank` + `continued` + `good` + `bad`.
 * Files that are not made of lines (Parquet, JSON arrays) are counted in records.
 */
export interface FileReading {
  /** As the caller named it; for a file in a folder its path. */
  readonly file: string;
  /** Such as `CSV`, `TSV`, `JSON Lines` or `Parquet`, with packing and encoding where these are not plain UTF-8. */
  readonly format: string;
  /** Name of the column taken for each role; its position from 1 in a file without a header. */
  readonly columns: Readonly<Partial<Record<Role, string>>>;
  /** Names of the columns that were not taken. */
  readonly unused: readonly string[];
  /** Lines of the text, or records. Counted apart from the rows, so that none can be lost unseen. */
  readonly lines: number;
  /** Lines of the header, and before it a `sep=` line and comments. */
  readonly header: number;
  readonly blank: number;
  /** Lines of records that span several, without the first of each. */
  readonly continued: number;
  readonly good: number;
  readonly bad: number;
}
