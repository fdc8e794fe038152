import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { ShortlistError } from '../../errors.js';
import { createMatrix, type Matrix, strideOf } from '../numeric/matrix.js';
import type { KernelExports } from './kernel-exports.js';

const PAGE = 65_536;
/** A WebAssembly memory is addressed with 32 bits: 65,536 pages of 64 KiB. */
const MAX_PAGES = 65_536;
/** Cache-line alignment, so that no SIMD load of an aligned row crosses a line needlessly. */
const ALIGNMENT = 64;
/** The module keeps its own few static bytes below this address. */
const FIRST_ADDRESS = PAGE;

// Compiled once a process, on first use; every arena instantiates it with a memory of its own.
let compiled: WebAssembly.Module | undefined;
function kernelModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(readFileSync(createRequire(import.meta.url).resolve('#dist/kernels.wasm')));
  return compiled;
}

/**
 * A shared `WebAssembly.Memory` as others see it. Its own name stays out of exported types, because the types of Node do
 * not have it: programs that use these types without those of a browser could not be compiled.
 */
export interface SharedMemory {
  readonly buffer: SharedArrayBuffer;
  grow(pages: number): number;
}

/** An arena on its way from one thread to another. */
export interface ArenaState {
  readonly memory: SharedMemory;
  readonly next: number;
}

/**
 * One WebAssembly memory with the kernels over it, and a bump allocator. Arrays handed out stay valid when the memory
 * grows (it is shared memory, so nothing detaches); they are freed together by `release`, or with the arena.
 * The memory can be posted to worker threads, which attach to it with `Arena.attach`.
 */
export class Arena {
  /** @internal No part of the library's types, which would then need those of WebAssembly. */
  readonly kernels: KernelExports;
  #next = FIRST_ADDRESS;
  #end = MAX_PAGES * PAGE;
  // Growing gives a shared memory a new buffer object over the same bytes, so several may be in use.
  readonly #buffers = new WeakSet<ArrayBufferLike>();

  private constructor(readonly memory: SharedMemory) {
    this.kernels = new WebAssembly.Instance(kernelModule(), {
      env: {
        memory,
        abort() {
          throw new Error('A kernel aborted: this is a bug in Shortlist.');
        },
      },
    }).exports as unknown as KernelExports;
  }

  static create(): Arena {
    return new Arena(new WebAssembly.Memory({ shared: true, initial: 16, maximum: MAX_PAGES }));
  }

  /**
   * The kernels over another thread's memory. An attached arena allocates only within `region`, which its owner
   * reserved for it, and not at all without one.
   */
  static attach(memory: SharedMemory, region?: { readonly address: number; readonly bytes: number }): Arena {
    const arena = new Arena(memory);
    arena.#next = region?.address ?? Number.POSITIVE_INFINITY;
    arena.#end = region ? region.address + region.bytes : 0;
    arena.#buffers.add(memory.buffer);
    return arena;
  }

  /** What another thread needs to `takeOver` the arena. This one must not be used any more once that has happened. */
  handOver(): ArenaState {
    return { memory: this.memory, next: this.#next };
  }

  /** The arena that another thread handed over, with all that was allocated in it. */
  static takeOver({ memory, next }: ArenaState): Arena {
    const arena = new Arena(memory);
    arena.#next = next;
    arena.#buffers.add(memory.buffer);
    return arena;
  }

  /** Bytes handed out so far. */
  get used(): number {
    return this.#next - FIRST_ADDRESS;
  }

  /** A mark for `release`: everything allocated after it can be given back at once. */
  mark(): number {
    return this.#next;
  }

  /** Gives back all that was allocated since `mark`; its arrays must not be used any more. */
  release(mark: number): void {
    this.#next = mark;
  }

  /** Zeroed floats, 64-byte aligned. */
  float32(length: number): Float32Array {
    const address = this.#allocate(length * 4);
    return new Float32Array(this.memory.buffer, address, length).fill(0);
  }

  /** Zeroed 32-bit unsigned integers, 64-byte aligned. */
  uint32(length: number): Uint32Array {
    const address = this.#allocate(length * 4);
    return new Uint32Array(this.memory.buffer, address, length).fill(0);
  }

  /** Zeroed bytes, 64-byte aligned. */
  uint8(length: number): Uint8Array {
    const address = this.#allocate(length);
    return new Uint8Array(this.memory.buffer, address, length).fill(0);
  }

  /** A zero matrix, its rows 16-byte aligned. */
  matrix(rows: number, columns: number): Matrix {
    return createMatrix(rows, columns, this.float32(rows * strideOf(columns)));
  }

  /** The matrix itself if it lives in this arena, otherwise a copy that does. */
  place(matrix: Matrix): Matrix {
    if (this.#buffers.has(matrix.data.buffer)) return matrix;
    const placed = this.matrix(matrix.rows, matrix.columns);
    placed.data.set(matrix.data);
    return placed;
  }

  /** The address of `bytes` bytes of any content, 64-byte aligned: the cheap way to scratch memory. */
  reserve(bytes: number): number {
    const address = this.#next;
    const end = address + Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    const missing = Math.ceil((end - this.memory.buffer.byteLength) / PAGE);
    if (!(end <= this.#end)) throw outOfMemory(bytes, this.used);
    if (missing > 0) {
      try {
        this.memory.grow(missing);
      } catch (cause) {
        throw outOfMemory(bytes, this.used, cause);
      }
    }
    this.#next = end;
    return address;
  }

  /** Read `memory.buffer` after this, not before: when the memory grows, it is a new object. */
  #allocate(bytes: number): number {
    const address = this.reserve(bytes);
    this.#buffers.add(this.memory.buffer);
    return address;
  }
}

function outOfMemory(bytes: number, used: number, cause?: unknown): ShortlistError {
  return new ShortlistError(
    'out-of-memory',
    `The numeric core needs ${mebibytes(bytes)} more beside the ${mebibytes(used)} it has, and one memory holds at most 4096 MiB. ` +
      'Use fewer factors, or fewer users and items.',
    { bytes, used },
    { cause },
  );
}

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 1_048_576)} MiB`;
}
