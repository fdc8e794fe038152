import { dotRows } from './dot';

export * from './block-scores';
export { normOf, rowNorms, rowRadii } from './bounds';
export * from './cell-search';
export * from './clustering';

/** Dot product of two rows of `stride` floats. */
export function dot(a: usize, b: usize, stride: i32): f32 {
  return dotRows(a, b, stride);
}
