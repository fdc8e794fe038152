import type { Tier } from '../../recommend/recommendation.js';

/** UTF-16 units that become bytes at once: some 0.1 ms. */
const CHUNK_UNITS = 65_536;

/** The text of a long reply, made piece by piece, so that nothing ever has to be done with all of it at once. */
export class LongText {
  readonly chunks: Buffer[] = [];
  bytes = 0;
  /** Where it is one list of recommendations: what answered. */
  tier?: Tier;
  #pending = '';

  /** @param onBytes called with the length of every chunk, before it is taken */
  constructor(private readonly onBytes: (bytes: number) => void) {}

  add(text: string): void {
    this.#pending += text;
    if (this.#pending.length >= CHUNK_UNITS) this.#flush();
  }

  /** Makes a chunk of what was added last. */
  end(): this {
    this.#flush();
    return this;
  }

  #flush(): void {
    const chunk = Buffer.from(this.#pending);
    this.#pending = '';
    this.onBytes(chunk.length);
    this.bytes += chunk.length;
    this.chunks.push(chunk);
  }
}
