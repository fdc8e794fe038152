import type { Arena } from './arena.js';

/**
 * One piece of an arena for several pieces of work in steps, each of which has it to itself whenever it goes on: what another
 * has left there is moved out first, and comes back with it. Work that is given up needs not say so.
 */
export class SharedSpace {
  readonly address: number;
  #tenant: Tenant | undefined;

  /** To be made where nothing is allocated that will be released later. */
  constructor(
    private readonly arena: Arena,
    bytes: number,
  ) {
    this.address = arena.reserve(bytes);
  }

  /**
   * The space for one piece of work: to be called whenever it begins or goes on.
   * @param bytes it uses
   */
  tenant(bytes: number): () => void {
    const tenant: Tenant = { bytes };
    return () => {
      if (this.#tenant === tenant) return;
      if (this.#tenant) this.#tenant.away = this.#bytesOf(this.#tenant).slice();
      this.#tenant = tenant;
      if (tenant.away) this.#bytesOf(tenant).set(tenant.away);
      tenant.away = undefined;
    };
  }

  #bytesOf({ bytes }: Tenant): Uint8Array {
    return new Uint8Array(this.arena.memory.buffer, this.address, bytes);
  }
}

interface Tenant {
  readonly bytes: number;
  /** What it has there, while another is there. */
  away?: Uint8Array | undefined;
}
