import { plusProduct, sumLanes } from './dot';
import { addFour, dotFour } from './four-vectors';

/** Keeps the preconditioner finite where spectrum, ridge and interactions are all zero (and the residual is too). */
const SMALLEST_DIAGONAL: f32 = 1e-30;

/** Preconditioned conjugate gradients from x, which is improved in place; leaves the predictions of the new x. */
// @inline
export function descend(
  vectors: usize,
  confidences: usize,
  predictions: usize,
  along: usize,
  listBytes: usize,
  x: usize,
  dense: usize,
  squares: usize,
  total: f32,
  steps: i32,
  tolerance: f32,
  workspace: usize,
  rowBytes: usize,
): void {
  const residual = workspace;
  const inverse = residual + rowBytes;
  const direction = inverse + rowBytes;
  const product = direction + rowBytes;
  const smallest = f32x4.splat(SMALLEST_DIAGONAL);
  for (let j: usize = 0; j < rowBytes; j += 16) {
    const d = v128.load(dense + j);
    v128.store(residual + j, f32x4.neg(f32x4.mul(d, v128.load(x + j))));
    // The row's own squares would make the better diagonal, and cost a quarter more time than the mean of all rows,
    // which needs no more steps.
    const diagonal = plusProduct(d, f32x4.splat(total), v128.load(squares + j));
    v128.store(inverse + j, f32x4.div(f32x4.splat(1), f32x4.max(diagonal, smallest)));
  }
  const one = f32x4.splat(1);
  for (let k: usize = 0; k < listBytes; k += 16) {
    const y0 = <usize>load<u32>(vectors + k);
    const y1 = <usize>load<u32>(vectors + k, 4);
    const y2 = <usize>load<u32>(vectors + k, 8);
    const y3 = <usize>load<u32>(vectors + k, 12);
    const dots = dotFour(y0, y1, y2, y3, x, rowBytes);
    v128.store(predictions + k, dots);
    const errors = f32x4.mul(v128.load(confidences + k), f32x4.sub(one, dots));
    addFour(residual, errors, y0, y1, y2, y3, rowBytes);
  }

  let energy = scaledNorm(residual, inverse, rowBytes);
  let carried: f32 = 0;
  for (let j: usize = 0; j < rowBytes; j += 16) v128.store(direction + j, f32x4.splat(0));
  for (let step = 0; step < steps; step++) {
    // The energy is about what the step takes off the loss. The first step is always worth it: from vectors near zero,
    // where training starts, the way leads through a region that is almost flat.
    if (!(energy > (step === 0 ? 0 : tolerance * total))) return;
    for (let j: usize = 0; j < rowBytes; j += 16) {
      const p = plusProduct(
        f32x4.mul(v128.load(inverse + j), v128.load(residual + j)),
        f32x4.splat(carried),
        v128.load(direction + j),
      );
      v128.store(direction + j, p);
      v128.store(product + j, f32x4.mul(v128.load(dense + j), p));
    }
    for (let k: usize = 0; k < listBytes; k += 16) {
      const y0 = <usize>load<u32>(vectors + k);
      const y1 = <usize>load<u32>(vectors + k, 4);
      const y2 = <usize>load<u32>(vectors + k, 8);
      const y3 = <usize>load<u32>(vectors + k, 12);
      const dots = dotFour(y0, y1, y2, y3, direction, rowBytes);
      v128.store(along + k, dots);
      addFour(product, f32x4.mul(v128.load(confidences + k), dots), y0, y1, y2, y3, rowBytes);
    }
    const curvature = dotOf(direction, product, rowBytes);
    if (!(curvature > 0)) return;
    const length = f32x4.splat(energy / curvature);
    for (let j: usize = 0; j < rowBytes; j += 16) {
      v128.store(x + j, plusProduct(v128.load(x + j), length, v128.load(direction + j)));
      v128.store(residual + j, f32x4.sub(v128.load(residual + j), f32x4.mul(length, v128.load(product + j))));
    }
    for (let k: usize = 0; k < listBytes; k += 16) {
      v128.store(predictions + k, plusProduct(v128.load(predictions + k), length, v128.load(along + k)));
    }
    const last = energy;
    energy = scaledNorm(residual, inverse, rowBytes);
    carried = energy / last;
  }
}

/** Σ inverse · residual² */
function scaledNorm(residual: usize, inverse: usize, rowBytes: usize): f32 {
  let sum = f32x4.splat(0);
  for (let j: usize = 0; j < rowBytes; j += 16) {
    const r = v128.load(residual + j);
    sum = plusProduct(sum, v128.load(inverse + j), f32x4.mul(r, r));
  }
  return sumLanes(sum);
}

function dotOf(a: usize, b: usize, rowBytes: usize): f32 {
  let sum = f32x4.splat(0);
  for (let j: usize = 0; j < rowBytes; j += 16) {
    sum = plusProduct(sum, v128.load(a + j), v128.load(b + j));
  }
  return sumLanes(sum);
}
