import type { instantiate } from '#dist/kernels.js';

/**
 * The functions that the WebAssembly module exports, as the build declares them. Their sources in `assembly/` say what
 * they do. Every parameter named like an array is the byte offset of its first element in the arena's memory
 * (`array.byteOffset`), and rows of floats are 16-byte aligned.
 */
export type KernelExports = Awaited<ReturnType<typeof instantiate>>;
