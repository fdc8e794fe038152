import { open } from 'node:fs/promises';
import type { Arena } from '../base/kernels/arena.js';
import type { Matrix } from '../base/numeric/matrix.js';
import { runWorkers } from '../base/threads/pool.js';
import { messageOf, ShortlistError } from '../errors.js';
import type { CandidateSource, Effort, SearchOptions } from './candidate-source.js';
import { dimensionsOf, type HnswSpace, queryPoint } from './hnsw-space.js';
import { type HnswGraph, loadHnswlib } from './hnswlib.js';
import { checkSearch, createRunSearch } from './search-memory.js';

/** How a graph was built; its file does not say. */
export interface HnswParameters {
  /** Links per item and layer (twice that in the lowest), 2 … 100. More: better recall, more memory. Default 16. */
  readonly m: number;
  /** Length of the candidate list while building. More: a better graph, slower. Default 200. */
  readonly efConstruction: number;
  /** Default `l2`, which measured clearly better than `ip` on factors. */
  readonly space: HnswSpace;
  /** Default 1. */
  readonly seed: number;
}

export interface HnswBuildOptions extends Partial<HnswParameters> {
  /** Called with the number of items added so far. */
  readonly onProgress?: (added: number) => void;
}

/** What the thread that builds is given. */
export interface HnswTask {
  readonly items: Matrix;
  readonly file: string;
  readonly parameters: HnswParameters;
}

/** A loaded graph. */
export interface Hnsw {
  readonly graph: HnswGraph;
  readonly space: HnswSpace;
  /** Bytes of its file, which are about those of its memory. */
  readonly bytes: number;
}

/**
 * Builds the graph of the items in a worker thread (the library adds points one by one, synchronously) and writes it.
 * @throws ShortlistError `hnsw-unavailable` where hnswlib-node is not installed
 */
export async function buildHnsw(items: Matrix, file: string, options: HnswBuildOptions = {}): Promise<HnswParameters> {
  await loadHnswlib();
  const parameters: HnswParameters = {
    m: options.m ?? 16,
    efConstruction: options.efConstruction ?? 200,
    space: options.space ?? 'l2',
    seed: options.seed ?? 1,
  };
  await runWorkers<HnswTask, number>(new URL('./hnsw-worker.js', import.meta.url), {
    purpose: 'builds the HNSW graph',
    threads: 1,
    job: { items, file, parameters },
    onMessage: added => options.onProgress?.(added),
  });
  // The library does not notice when it cannot write.
  await checkHeader(file, items.rows, dimensionsOf(parameters.space, items.columns)).catch(cause => {
    throw new ShortlistError(
      'snapshot-unwritable',
      `The HNSW graph could not be written to ${file}: ${messageOf(cause)}`,
      { file },
      { cause },
    );
  });
  return parameters;
}

/**
 * Reads a graph that `buildHnsw` wrote. The library trusts its file blindly, so verify a checksum before; this only
 * refuses files that are plainly of something else.
 */
export async function loadHnsw(file: string, items: Matrix, space: HnswSpace): Promise<Hnsw> {
  const HierarchicalNSW = await loadHnswlib();
  const dimensions = dimensionsOf(space, items.columns);
  const bytes = await checkHeader(file, items.rows, dimensions);
  // Always a new object: reading into a live one frees the graph under whoever searches it.
  const graph = new HierarchicalNSW(space, dimensions);
  await graph.readIndex(file);
  return { graph, space, bytes };
}

/** The part of the file's header that is checked. */
const HEADER_BYTES = 48;

/** Items that a search may fetch beyond k to make up for masked ones; beyond it the exact scan is the cheaper way. */
const MAX_OVERFETCH = 1000;

/**
 * The graph as a candidate source: it proposes, exact dot products decide. Masked items are made up for by fetching that
 * many more; where that would be too many, or the graph finds too few, `exact` answers.
 * @param items the item matrix, in the arena
 * @param exact over the same items
 * @param options.defaultEffort `ef`, the length of the search's candidate list. Default 200.
 */
export function createHnswSource(
  arena: Arena,
  items: Matrix,
  hnsw: Hnsw,
  exact: CandidateSource,
  options: { readonly defaultEffort?: Effort } = {},
): CandidateSource {
  const { graph, space } = hnsw;
  const rows = arena.place(items);
  const runSearch = createRunSearch(arena, rows);
  const source: CandidateSource = {
    kind: 'hnsw',
    items: rows.rows,
    bytes: hnsw.bytes,
    defaultEffort: options.defaultEffort ?? 200,
    search(query: Float32Array, k: number, { mask, effort = source.defaultEffort }: SearchOptions = {}) {
      // Before anything reaches the library: a missing number there ends the process.
      checkSearch(rows, query, mask);
      const eligible = mask ? mask.eligible : rows.rows;
      const excluded = rows.rows - eligible;
      const wanted = Math.min(Math.floor(k), eligible);
      const fetch = wanted + excluded;
      if (effort === 'exact' || !(wanted > 0) || excluded > MAX_OVERFETCH || !query.every(Number.isFinite)) {
        return exact.search(query, k, mask ? { mask } : {});
      }
      graph.setEf(Math.max(1, Math.floor(effort), fetch));
      const { neighbors } = graph.searchKnn(queryPoint(query, rows.columns, space), fetch);
      const found = runSearch(query, k, mask, neighbors.length * 4, memory => {
        new Uint32Array(arena.memory.buffer, memory.work, neighbors.length).set(neighbors);
        arena.kernels.searchListed(
          memory.query,
          rows.data.byteOffset,
          rows.stride,
          0,
          memory.mask,
          memory.work,
          neighbors.length,
          memory.k,
          memory.keys,
          memory.out,
        );
      });
      return found.items.length === wanted ? found : exact.search(query, k, mask ? { mask } : {});
    },
  };
  return source;
}

/** Reads what the library writes first: capacity, item count and bytes per item among its 64-bit words. */
async function checkHeader(file: string, items: number, dimensions: number): Promise<number> {
  const { header, bytes } = await readHeader(file);
  const count = Number(header.readBigUInt64LE(16));
  const vectorBytes = Number(header.readBigUInt64LE(32) - header.readBigUInt64LE(40));
  if (bytes >= HEADER_BYTES && count === items && vectorBytes === dimensions * 4) return bytes;
  throw new ShortlistError(
    'snapshot-damaged',
    `The graph file ${file} should hold ${items} vectors of ${dimensions * 4} bytes, but says ${count} of ${vectorBytes}. Rebuild it.`,
    { file, items, dimensions, count, vectorBytes },
  );
}

async function readHeader(file: string): Promise<{ header: Buffer; bytes: number }> {
  const header = Buffer.alloc(HEADER_BYTES);
  try {
    const handle = await open(file);
    try {
      await handle.read(header, 0, HEADER_BYTES, 0);
      return { header, bytes: (await handle.stat()).size };
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw new ShortlistError(
      'snapshot-damaged',
      `The graph file ${file} cannot be read: ${messageOf(cause)}`,
      { file },
      { cause },
    );
  }
}
