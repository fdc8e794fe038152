import { type Matrix, rowOf } from '../numeric/matrix.js';

/** Items of the history that are named for one recommended item. */
const NAMED = 3;

/** The items of a history whose vectors are most similar to an item's by cosine, most similar first. */
export function becauseOf(
  factors: Matrix,
  item: number,
  history: readonly number[],
): { item: number; similarity: number }[] {
  const vector = rowOf(factors, item);
  return history
    .filter(past => past !== item)
    .map(past => ({ item: past, similarity: cosine(vector, rowOf(factors, past)) }))
    .sort((a, b) => b.similarity - a.similarity || a.item - b.item)
    .slice(0, NAMED);
}

function cosine(a: Float32Array, b: Float32Array): number {
  let product = 0;
  let squaresA = 0;
  let squaresB = 0;
  for (let i = 0; i < a.length; i++) {
    product += a[i]! * b[i]!;
    squaresA += a[i]! ** 2;
    squaresB += b[i]! ** 2;
  }
  return product === 0 ? 0 : product / Math.sqrt(squaresA * squaresB);
}
