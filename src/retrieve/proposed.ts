import type { Arena } from '../base/kernels/arena.js';
import type { Matrix } from '../base/numeric/matrix.js';
import type { CandidateSource, Candidates, SearchOptions, SourceKind } from './candidate-source.js';
import type { ItemMask } from './item-mask.js';
import { checkSearch, createRunSearch } from './search-memory.js';

/** An index that names items which probably score well, and knows nothing of masks and exact scores. */
export interface Proposer {
  readonly kind: SourceKind;
  /** Bytes of memory that the index needs, about. */
  readonly bytes: number;
  readonly defaultEffort: number;
  /**
   * @param query a vector of the item matrix's `columns` finite floats (the padding may be left out)
   * @param count how many items are wanted, 1 or more, at most all; fewer may come back, in any order
   * @param effort in the index's own unit, larger for better proposals
   */
  propose(query: Float32Array, count: number, effort: number): ArrayLike<number>;
}

/** Items that a search may fetch beyond k to make up for masked ones; beyond it the exact scan is the cheaper way. */
const MAX_OVERFETCH = 1000;

/**
 * A proposer as a candidate source: it proposes, exact dot products decide. Masked items are made up for by fetching that
 * many more; where that would be too many, or too few are proposed, `exact` answers.
 * @param items the item matrix, in the arena
 * @param exact over the same items
 */
export function createProposedSource(
  arena: Arena,
  items: Matrix,
  proposer: Proposer,
  exact: CandidateSource,
): CandidateSource {
  const rows = arena.place(items);
  const rankProposed = createRankProposed(arena, rows);
  const source: CandidateSource = {
    kind: proposer.kind,
    items: rows.rows,
    bytes: proposer.bytes,
    defaultEffort: proposer.defaultEffort,
    search(query: Float32Array, k: number, { mask, effort = source.defaultEffort }: SearchOptions = {}) {
      // Before anything reaches the proposer: a missing number in hnswlib ends the process.
      checkSearch(rows, query, mask);
      const eligible = mask ? mask.eligible : rows.rows;
      const excluded = rows.rows - eligible;
      const wanted = Math.min(Math.floor(k), eligible);
      if (effort === 'exact' || !(wanted > 0) || excluded > MAX_OVERFETCH || !query.every(Number.isFinite)) {
        return exact.search(query, k, mask ? { mask } : {});
      }
      const found = rankProposed(query, k, mask, proposer.propose(query, wanted + excluded, effort));
      return found.items.length === wanted ? found : exact.search(query, k, mask ? { mask } : {});
    },
  };
  return source;
}

/**
 * The k best of the proposed items that are not masked, by their exact scores; fewer where fewer are proposed. Never
 * certified.
 * @param proposed in any order; one that comes twice counts once
 */
export type RankProposed = (
  query: Float32Array,
  k: number,
  mask: ItemMask | undefined,
  proposed: ArrayLike<number>,
) => Candidates;

/** @param items in the arena */
export function createRankProposed(arena: Arena, items: Matrix): RankProposed {
  const { kernels } = arena;
  const runSearch = createRunSearch(arena, items);
  const rank: RankProposed = (query, k, mask, proposed) => {
    const count = proposed.length;
    const found = runSearch(query, k, mask, count * 4, memory => {
      const listed = new Uint32Array(arena.memory.buffer, memory.work, count);
      for (let i = 0; i < count; i++) {
        const item = proposed[i]!;
        // The kernel reads whatever row it is told.
        if (!(item >= 0 && item < items.rows)) {
          throw new RangeError(`Item ${item} was proposed, but there are ${items.rows}.`);
        }
        listed[i] = item;
      }
      kernels.searchListed(
        memory.query,
        items.data.byteOffset,
        items.stride,
        0,
        memory.mask,
        memory.work,
        count,
        memory.k,
        memory.keys,
        memory.out,
      );
    });
    // An item that comes twice has the same score and number twice, hence two places side by side.
    const isTwice = found.items.some((item, i) => i > 0 && item === found.items[i - 1]);
    return isTwice ? rank(query, k, mask, [...new Set(Array.from(proposed))]) : found;
  };
  return rank;
}
