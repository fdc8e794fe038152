/** Bytes that arrive in chunks of any size and are taken in pieces of the wanted size. */
export class ByteQueue {
  /** Bytes taken so far. */
  taken = 0;
  readonly #chunks: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array(0);

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** The next `length` bytes in memory of their own, fewer where the bytes end. */
  async take(length: number): Promise<Uint8Array<ArrayBuffer>> {
    const piece = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      if (this.#chunk.length === 0) {
        const next = await this.#chunks.next();
        if (next.done) break;
        this.#chunk = next.value;
        continue;
      }
      const part = this.#chunk.subarray(0, length - filled);
      piece.set(part, filled);
      filled += part.length;
      this.#chunk = this.#chunk.subarray(part.length);
    }
    this.taken += filled;
    return filled === length ? piece : piece.slice(0, filled);
  }

  /** Reads to the end, where the source checks that it was whole. */
  async drain(): Promise<void> {
    while (!(await this.#chunks.next()).done);
    this.#chunk = new Uint8Array(0);
  }

  /** Tells the sender that no more is wanted. */
  async cancel(): Promise<void> {
    await this.#chunks.return?.();
  }
}
