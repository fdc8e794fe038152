import { open } from 'node:fs/promises';
import type { Matrix } from '../base/numeric/matrix.js';
import { runWorkers } from '../base/threads/pool.js';
import { messageOf, ShortlistError } from '../errors.js';
import { dimensionsOf, type HnswSpace, loadHnswlib, queryPoint } from './hnswlib.js';
import type { Proposer } from './proposed.js';

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

/**
 * Builds the graph of the items in a worker thread (the library adds points one by one, synchronously) and writes it.
 * @throws {ShortlistError} `hnsw-unavailable`, `snapshot-unwritable`
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
      `The HNSW graph could not be written to ${file}: ${messageOf(cause)} Is there space left?`,
      { file },
      { cause },
    );
  });
  return parameters;
}

/**
 * Reads a graph that `buildHnsw` wrote, for `createProposedSource`; the effort is `ef`, the length of the search's
 * candidate list. The library trusts its file blindly, so verify a checksum before; this only refuses files that are
 * plainly of something else.
 * @throws {ShortlistError} `hnsw-unavailable`, `snapshot-damaged`
 */
export async function loadHnsw(file: string, items: Matrix, space: HnswSpace): Promise<Proposer> {
  const HierarchicalNSW = await loadHnswlib();
  const dimensions = dimensionsOf(space, items.columns);
  const bytes = await checkHeader(file, items.rows, dimensions);
  // Always a new object: reading into a live one frees the graph under whoever searches it.
  const graph = new HierarchicalNSW(space, dimensions);
  await graph.readIndex(file);
  return {
    kind: 'hnsw',
    bytes,
    defaultEffort: 200,
    propose(query, count, effort) {
      graph.setEf(Math.max(1, Math.floor(effort), count));
      return graph.searchKnn(queryPoint(query, items.columns, space), count).neighbors;
    },
  };
}

/** The part of the file's header that is checked. */
const HEADER_BYTES = 48;

/** Reads what the library writes first: capacity, item count and bytes per item among its 64-bit words. */
async function checkHeader(file: string, items: number, dimensions: number): Promise<number> {
  const { header, bytes } = await readHeader(file);
  const count = Number(header.readBigUInt64LE(16));
  const vectorBytes = Number(header.readBigUInt64LE(32) - header.readBigUInt64LE(40));
  if (bytes >= HEADER_BYTES && count === items && vectorBytes === dimensions * 4) return bytes;
  const expected = `${items} vectors of ${dimensions * 4} bytes`;
  throw damaged(file, `it should hold ${expected}, but says ${count} of ${vectorBytes}`);
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
    throw damaged(file, `it cannot be read (${messageOf(cause)})`, { cause });
  }
}

function damaged(path: string, why: string, options?: ErrorOptions): ShortlistError {
  const message = `The graph file ${path} is damaged: ${why}. Rebuild it.`;
  return new ShortlistError('snapshot-damaged', message, { path, why }, options);
}
