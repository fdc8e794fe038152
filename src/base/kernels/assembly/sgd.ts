import { RatingTriple, TRIPLE_WORDS } from '../layout';
import { dotRows } from './dot';

/**
 * One pass of stochastic gradient descent over ratings, in the order given, for the model
 *   rating = mean + user[b] + item[b] + Σ user[j] item[j],
 * where b = `columns` is the column of the biases, and every column before it a factor.
 * @param users one row of `stride` floats for each user, then likewise `items`
 * @param triples `count` times the words of `RatingTriple`
 * @returns the sum of squared errors, each taken before its own update
 */
export function sgdPass(
  users: usize,
  items: usize,
  stride: i32,
  columns: i32,
  triples: usize,
  count: i32,
  mean: f32,
  learningRate: f32,
  regularization: f32,
): f64 {
  const rowBytes: usize = 4 * stride;
  const bias: usize = 4 * columns;
  // Weight decay of one update; the rate multiplies the error's part alone.
  const keep = f32x4.splat(1 - learningRate * regularization);
  const keepOne: f32 = 1 - learningRate * regularization;
  let squares: f64 = 0;
  for (let t = 0; t < count; t++, triples += 4 * TRIPLE_WORDS) {
    const user = users + rowBytes * load<u32>(triples, 4 * RatingTriple.user);
    const item = items + rowBytes * load<u32>(triples, 4 * RatingTriple.item);
    const userBias = load<f32>(user + bias);
    const itemBias = load<f32>(item + bias);
    // The biases stand in the rows, so they are out of the way while the factors are multiplied.
    store<f32>(user + bias, 0);
    const error = load<f32>(triples, 4 * RatingTriple.value) - mean - userBias - itemBias - dotRows(user, item, stride);
    squares += <f64>error * <f64>error;
    const rate = learningRate * error;
    const step = f32x4.splat(rate);
    for (let j: usize = 0; j < rowBytes; j += 16) {
      const p = v128.load(user + j);
      const q = v128.load(item + j);
      v128.store(user + j, f32x4.add(f32x4.mul(keep, p), f32x4.mul(step, q)));
      v128.store(item + j, f32x4.add(f32x4.mul(keep, q), f32x4.mul(step, p)));
    }
    store<f32>(user + bias, keepOne * userBias + rate);
    store<f32>(item + bias, keepOne * itemBias + rate);
  }
  return squares;
}

/** The sum of squared errors of `count` triples, nothing changed; the parameters of `sgdPass`. */
export function sgdError(
  users: usize,
  items: usize,
  stride: i32,
  columns: i32,
  triples: usize,
  count: i32,
  mean: f32,
): f64 {
  const rowBytes: usize = 4 * stride;
  const bias: usize = 4 * columns;
  let squares: f64 = 0;
  for (let t = 0; t < count; t++, triples += 4 * TRIPLE_WORDS) {
    const user = users + rowBytes * load<u32>(triples, 4 * RatingTriple.user);
    const item = items + rowBytes * load<u32>(triples, 4 * RatingTriple.item);
    const userBias = load<f32>(user + bias);
    const itemBias = load<f32>(item + bias);
    const error =
      load<f32>(triples, 4 * RatingTriple.value) -
      mean -
      userBias -
      itemBias -
      (dotRows(user, item, stride) - userBias * itemBias);
    squares += <f64>error * <f64>error;
  }
  return squares;
}
