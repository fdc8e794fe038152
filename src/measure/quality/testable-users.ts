import { type Csr, rowIndices, rowsWithEntries } from '../../base/numeric/sparse.js';
import { ShortlistError } from '../../errors.js';
import type { SplitSpec } from '../../learn/dataset/splits.js';

/** What there is to test on. */
export interface TestParts {
  /** Users × items of training. */
  readonly history: Csr;
  /** Users × items held back. */
  readonly heldBack: Csr;
  /** Those of them that count as hits, and the least value that does. */
  readonly relevant: Csr;
  readonly least: number;
  readonly negatives?: Csr | undefined;
  /** How the data were divided. Default: they came divided. */
  readonly split?: SplitSpec | undefined;
}

/** Users with a hit held back, something in training and, where such are listed, negatives. */
export function testableUsers(history: Csr, relevant: Csr, negatives?: Csr): Uint32Array {
  return rowsWithEntries(relevant).filter(
    user => rowIndices(history, user).length > 0 && (!negatives || rowIndices(negatives, user).length > 0),
  );
}

/** @throws ShortlistError `no-usable-rows`, with the cause, when there is no user to test on */
export function requireTestable(parts: TestParts): void {
  const { history, relevant, negatives } = parts;
  if (testableUsers(history, relevant, negatives).length > 0) return;
  throw new ShortlistError('no-usable-rows', `There is no user to test on: ${causeOf(parts)}`, {
    tested: rowsWithEntries(relevant).length,
  });
}

function causeOf({ history, heldBack, relevant, least, negatives, split }: TestParts): string {
  const users = rowsWithEntries(history).length;
  if (heldBack.indices.length === 0 && split?.kind === 'time') {
    return 'no user has interactions both before and after the point of the split. Test a smaller part, or use leave-last-out or random:F.';
  }
  if (heldBack.indices.length === 0 && split) {
    const most = maxLength(history);
    return most < 2
      ? `all ${users} users have one interaction each, which stays in training. Data to test on need users with at least two.`
      : `the split holds back none of the ${history.indices.length} interactions. Test a larger part.`;
  }
  if (heldBack.indices.length === 0) return 'training has all interactions of the test part already.';
  if (relevant.indices.length === 0) {
    const positive = least <= Number.MIN_VALUE && least > 0 ? 'above 0' : `at least \`minRating\` (${least})`;
    return `none of the ${heldBack.indices.length} interactions held back is ${positive}, as a hit must be.`;
  }
  return (
    `of ${rowsWithEntries(relevant).length} users with test interactions none has training interactions` +
    `${negatives ? ' and listed negatives' : ''}. Check that the files use the same user ids.`
  );
}

function maxLength({ starts, rows }: Csr): number {
  let most = 0;
  for (let row = 0; row < rows; row++) most = Math.max(most, starts[row + 1]! - starts[row]!);
  return most;
}
