import type { Matrix } from '../../base/numeric/matrix.js';

/** What is written for others to read: row i of a matrix belongs to id i. */
export interface ExportedModel {
  readonly userIds: readonly string[];
  readonly itemIds: readonly string[];
  readonly userFactors: Matrix;
  readonly itemFactors: Matrix;
}
