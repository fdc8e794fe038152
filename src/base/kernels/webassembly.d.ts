// The part of the WebAssembly JavaScript interface used here; Node's own types leave it out, and the DOM library, which
// has it, would let browser globals into server code.
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Instance {
    constructor(module: Module, imports: Record<string, Record<string, unknown>>);
    readonly exports: Record<string, unknown>;
  }
  class Memory {
    constructor(descriptor: { initial: number; maximum: number; shared: true });
    readonly buffer: SharedArrayBuffer;
    grow(pages: number): number;
  }
}

// AssemblyScript's number types, for `layout.ts`.
type i32 = number;
type u32 = number;
type usize = number;
