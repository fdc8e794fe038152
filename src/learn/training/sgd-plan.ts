import { Arena } from '../../base/kernels/arena.js';
import { RatingTriple, TRIPLE_WORDS } from '../../base/kernels/layout.js';
import { strideOf } from '../../base/numeric/matrix.js';
import { createRandom, type Random, shuffle } from '../../base/numeric/random.js';
import type { Csr } from '../../base/numeric/sparse.js';
import type { SgdOptions } from './sgd-options.js';

/** What the worker needs; the arrays lie in `memory`. */
export interface SgdPlan {
  readonly memory: WebAssembly.Memory;
  readonly options: SgdOptions;
  /** Floats of a row: the factors, the bias, padding. */
  readonly stride: number;
  /** Mean of the training ratings. */
  readonly mean: number;
  readonly users: Float32Array;
  readonly items: Float32Array;
  /** The best factors on the held-out part so far; null without one. */
  readonly best: { readonly users: Float32Array; readonly items: Float32Array } | null;
  /** All ratings in random order, the held-out ones first: words of `RatingTriple`. */
  readonly triples: Uint32Array;
  readonly heldOut: number;
  readonly ratings: number;
}

/** Shuffles the ratings, holds a part of them out, and draws the first factors. */
export function planSgd(byUser: Csr, byItem: Csr, options: SgdOptions): SgdPlan {
  const arena = Arena.create();
  const random = createRandom(options.seed);
  const stride = strideOf(options.factors + 1);
  const ratings = byUser.indices.length;
  const heldOut = Math.floor(ratings * options.validation);
  const triples = arena.uint32(ratings * TRIPLE_WORDS);
  fillTriples(triples, byUser, random);
  const values = new Float32Array(triples.buffer, triples.byteOffset, triples.length);
  let total = 0;
  for (let t = heldOut; t < ratings; t++) total += values[TRIPLE_WORDS * t + RatingTriple.value]!;
  const draw = (csr: Csr): Float32Array => drawFactors(arena, csr, stride, options, random);
  return {
    memory: arena.memory,
    options,
    stride,
    mean: ratings > heldOut ? total / (ratings - heldOut) : 0,
    users: draw(byUser),
    items: draw(byItem),
    best:
      heldOut > 0 ? { users: arena.float32(byUser.rows * stride), items: arena.float32(byItem.rows * stride) } : null,
    triples,
    heldOut,
    ratings,
  };
}

function fillTriples(triples: Uint32Array, byUser: Csr, random: Random): void {
  const places = Uint32Array.from({ length: byUser.indices.length }, (_, e) => e);
  shuffle(places, random);
  const values = new Float32Array(triples.buffer, triples.byteOffset, triples.length);
  for (let user = 0; user < byUser.rows; user++) {
    for (let e = byUser.starts[user]!; e < byUser.starts[user + 1]!; e++) {
      const at = TRIPLE_WORDS * places[e]!;
      triples[at + RatingTriple.user] = user;
      triples[at + RatingTriple.item] = byUser.indices[e]!;
      values[at + RatingTriple.value] = byUser.values[e]!;
    }
  }
}

/** Random factors, zero biases; rows without ratings stay zero, so that they predict the mean. */
function drawFactors(arena: Arena, csr: Csr, stride: number, options: SgdOptions, random: Random): Float32Array {
  const { factors, stddev } = options;
  const data = arena.float32(csr.rows * stride);
  const sigma = stddev / Math.sqrt(factors);
  for (let row = 0; row < csr.rows; row++) {
    if (csr.starts[row] === csr.starts[row + 1]) continue;
    for (let j = 0; j < factors; j++) data[row * stride + j] = sigma * random.normal();
  }
  return data;
}
