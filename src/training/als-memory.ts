import { strideOf } from '../numeric/matrix.js';
import { type AlsCounts, type AlsOptions, completeAlsOptions } from './als-options.js';
import { alsScratchFloats, alsStride, BLOCKS, GRAM_PARTS, longestDualOf } from './als-plan.js';

/** What threads cost the process whatever their number: measured. */
const BASE_BYTES = 6e6;
/** What a worker thread takes before it has done anything: its heap, stacks and the compiled kernels. Measured. */
const WORKER_BYTES = 10e6;

/**
 * Bytes that `trainAls` takes at its peak, beside the interactions it is given and including the factors it returns.
 * From the counts alone, so that it can be stated before anything is read twice.
 */
export function estimateAlsBytes(counts: AlsCounts, options: Partial<AlsOptions> = {}): number {
  const all = completeAlsOptions(options, counts);
  const { users, items, interactions } = counts;
  const { factors, alpha, threads } = all;
  const stride = alsStride(factors);
  const rows = users + items;
  // Both directions: the other side's row of every interaction, and its confidence.
  const entries = 2 * interactions * (alpha > 0 ? 8 : 4);
  // Factors, CSR offset and ridge in shared memory; two orders and a count beside it; the result.
  const sides = rows * (4 * stride + 8 + 12 + 4 * strideOf(factors));
  const blocks = 2 * BLOCKS * (16 + 4 * stride);
  const dense = GRAM_PARTS * 8 * stride * stride + 4 * stride * stride + 8 * factors * factors;
  const longest = Math.min(interactions, Math.max(users, items));
  const scratch = 4 * alsScratchFloats(stride, longest, longestDualOf(all, stride));
  return BASE_BYTES + entries + sides + blocks + dense + threads * (scratch + WORKER_BYTES);
}
