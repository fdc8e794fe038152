// What arrays that were read must be like before anything relies on it. Each check throws a RangeError that says what is not.

/** Where runs begin that stand one after the other, and at last where they end: from 0, never falling, to `end`. */
export function checkStarts(starts: Uint32Array, end: number): void {
  if (starts[0] !== 0) throw new RangeError(`the first run starts at ${starts[0]}, expected 0`);
  for (let i = 1; i < starts.length; i++) {
    if (starts[i]! < starts[i - 1]!) throw new RangeError(`run ${i - 1} ends at ${starts[i]}, before its start`);
  }
  if (starts.at(-1) !== end) throw new RangeError(`the last run ends at ${starts.at(-1)}, expected ${end}`);
}

/** Numbers of rows of which there are `bound`. */
export function checkBelow(values: Uint32Array, bound: number): void {
  for (let i = 0; i < values.length; i++) {
    if (values[i]! >= bound) throw new RangeError(`entry ${i} is ${values[i]}, expected less than ${bound}`);
  }
}

/** Of the entries `from` to `to` - 1, by default all: numbers below `bound`, each larger than the one before. */
export function checkRising(values: Uint32Array, bound: number, from = 0, to = values.length): void {
  for (let i = from, last = -1; i < to; i++) {
    const value = values[i]!;
    if (value <= last) throw new RangeError(`entry ${i} is ${value}, expected more than ${last}`);
    last = value;
  }
  if (to > from && values[to - 1]! >= bound) {
    throw new RangeError(`entry ${to - 1} is ${values[to - 1]}, expected less than ${bound}`);
  }
}

/** Every number from 0 on once. */
export function checkPermutation(order: Uint32Array): void {
  const isThere = new Uint8Array(order.length);
  checkBelow(order, order.length);
  for (let i = 0; i < order.length; i++) {
    if (isThere[order[i]!] === 1) throw new RangeError(`entry ${i} is ${order[i]}, which was there before`);
    isThere[order[i]!] = 1;
  }
}

/** No NaN and no infinity. */
export function checkFinite(values: Float32Array | Float64Array): void {
  for (let i = 0; i < values.length; i++) {
    // Not 0 for the others.
    if (values[i]! - values[i]! !== 0) throw new RangeError(`entry ${i} is ${values[i]}, expected a finite number`);
  }
}
