/** A typed array that grows as values are pushed. */
export class GrowingArray<A extends Float32Array | Float64Array | Uint32Array> {
  length = 0;
  #array: A;

  constructor(private readonly create: (length: number) => A) {
    this.#array = create(1024);
  }

  push(value: number): void {
    if (this.length === this.#array.length) {
      const larger = this.create(2 * this.length);
      larger.set(this.#array);
      this.#array = larger;
    }
    this.#array[this.length++] = value;
  }

  /** All values so far, as a view that is out of date after the next `push`. */
  values(): A {
    return this.#array.subarray(0, this.length) as A;
  }
}
