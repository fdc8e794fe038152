import { solveScratchFloats, trainingStride } from '../../base/kernels/layout.js';
import { strideOf } from '../../base/numeric/matrix.js';
import { ShortlistError } from '../../errors.js';
import { type AlsCounts, type AlsOptions, completeAlsOptions } from './als-options.js';
import { BLOCKS, GRAM_PARTS, longestDualOf } from './als-plan.js';

/** What threads cost the process whatever their number: measured. */
const BASE_BYTES = 6e6;
/** What a worker thread takes before it has done anything: its heap, stacks and the compiled kernels. Measured. */
const WORKER_BYTES = 10e6;
/** All that an arena can address. */
const SHARED_LIMIT = 2 ** 32;

/**
 * Bytes that `trainAls` takes at its peak, beside the interactions it is given and including the factors it returns.
 * From the counts alone, so that it can be stated before anything is read twice.
 */
export function estimateAlsBytes(counts: AlsCounts, options: Partial<AlsOptions> = {}): number {
  const all = completeAlsOptions(options, counts);
  // Two orders and a count of every row, and the result.
  const beside = (counts.users + counts.items) * (12 + 4 * strideOf(all.factors));
  return BASE_BYTES + all.threads * WORKER_BYTES + sharedBytes(counts, all) + beside;
}

/**
 * What `estimateAlsBytes` says, as a line for people: `train: about 612 MB for 53424 users, …`.
 * @param inUse bytes that the process holds before it trains, the data among them
 * @throws ShortlistError `out-of-memory` when one memory cannot hold the training
 */
export function describeAlsMemory(counts: AlsCounts, options: Partial<AlsOptions>, inUse: number): string {
  const all = completeAlsOptions(options, counts);
  const { users, items, interactions } = counts;
  const size = `${users} users, ${items} items, ${interactions} interactions, ${all.factors} factors`;
  const shared = sharedBytes(counts, all);
  if (shared > SHARED_LIMIT) {
    throw new ShortlistError(
      'out-of-memory',
      `Training needs about ${megabytes(shared)} of shared memory for ${size}, and one memory holds at most ` +
        `${megabytes(SHARED_LIMIT)}. Use fewer factors, or fewer users and items.`,
      { ...counts, factors: all.factors, bytes: shared },
    );
  }
  return `train: about ${megabytes(estimateAlsBytes(counts, all))} for ${size}, beside ${megabytes(inUse)} in use`;
}

/** Bytes of the arena that `planAls` fills. */
function sharedBytes({ users, items, interactions }: AlsCounts, all: AlsOptions): number {
  const stride = trainingStride(all.factors);
  // Both directions: the other side's row of every interaction, and its confidence.
  const entries = 2 * interactions * (all.alpha > 0 ? 8 : 4);
  // Factors, CSR offset and ridge.
  const rows = (users + items) * (4 * stride + 8);
  const blocks = 2 * BLOCKS * (16 + 4 * stride);
  const dense = GRAM_PARTS * 8 * stride * stride + 4 * stride * stride + 8 * all.factors * all.factors;
  const longest = Math.min(interactions, Math.max(users, items));
  const scratch = 4 * solveScratchFloats(stride, longest, longestDualOf(all, stride));
  return entries + rows + blocks + dense + all.threads * scratch;
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`;
}
