/** Positions by key: those of key k are positions[starts[k]] … positions[starts[k+1]-1], in the order of the input. */
export interface Groups {
  /** One more than there are keys; the last one is the number of positions. */
  readonly starts: Uint32Array;
  readonly positions: Uint32Array;
}

/**
 * A counting sort, stable and linear in keys and `count`.
 * @param keys each below `count`
 * @param options `order`: positions of `keys` in the order in which they are taken, by default ascending. `starts` and
 *   `positions`: memory for the result, by default new.
 */
export function groupByKey(
  keys: Uint32Array,
  count: number,
  options: Partial<Groups> & { readonly order?: Uint32Array } = {},
): Groups {
  const { order, starts = new Uint32Array(count + 1), positions = new Uint32Array(keys.length) } = options;
  countKeys(keys, starts);
  const next = starts.slice(0, count);
  if (order) {
    for (let i = 0; i < order.length; i++) {
      const position = order[i]!;
      positions[next[keys[position]!]!++] = position;
    }
  } else {
    for (let position = 0; position < keys.length; position++) positions[next[keys[position]!]!++] = position;
  }
  return { starts, positions };
}

/** Fills `starts`, one longer than there are keys, with the place at which each key begins once they are sorted. */
export function countKeys(keys: Uint32Array, starts: Uint32Array): void {
  starts.fill(0);
  for (let i = 0; i < keys.length; i++) starts[keys[i]! + 1]!++;
  for (let key = 1; key < starts.length; key++) starts[key]! += starts[key - 1]!;
}

/** Where each of some runs of these lengths begins when they stand one after the other, and at last where they end. */
export function startsOf(lengths: ArrayLike<number>): Uint32Array {
  const starts = new Uint32Array(lengths.length + 1);
  for (let i = 0; i < lengths.length; i++) starts[i + 1] = starts[i]! + lengths[i]!;
  return starts;
}

/** The positions of values from the largest to the smallest, equal ones by lower position. */
export function descendingOrder(values: ArrayLike<number>): Uint32Array {
  return Uint32Array.from({ length: values.length }, (_, i) => i).sort((a, b) => values[b]! - values[a]! || a - b);
}

/** The positions of values from the smallest to the largest, equal ones by lower position. */
export function ascendingOrder(values: ArrayLike<number>): Uint32Array {
  return Uint32Array.from({ length: values.length }, (_, i) => i).sort((a, b) => values[a]! - values[b]! || a - b);
}

/** Of an order of 0 … n-1, the place of each number in it. */
export function placesIn(order: Uint32Array): Uint32Array {
  const places = new Uint32Array(order.length);
  for (let place = 0; place < order.length; place++) places[order[place]!] = place;
  return places;
}

/** Bisection: the first position of ascending values whose value is at least `wanted`; their number when there is none. */
export function firstAtLeast(ascending: ArrayLike<number>, wanted: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Bisection: the first position of ascending values whose value is above `bound`; their number when there is none.
 * @param from the first position that may be the answer
 */
export function firstAbove(ascending: ArrayLike<number>, bound: number, from = 0): number {
  let low = from;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! <= bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
