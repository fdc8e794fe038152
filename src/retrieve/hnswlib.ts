import { messageOf, ShortlistError } from '../errors.js';

/** The part of hnswlib-node that is used here. */
export interface HnswGraph {
  initIndex(options: { maxElements: number; m: number; efConstruction: number; randomSeed: number }): void;
  addPoint(point: number[], label: number): void;
  searchKnn(query: number[], k: number): { neighbors: number[]; distances: number[] };
  setEf(ef: number): void;
  writeIndexSync(file: string): void;
  readIndex(file: string): Promise<boolean>;
}

/** Loads hnswlib-node, an optional dependency that is compiled at install. */
export async function loadHnswlib(): Promise<new (space: 'ip' | 'l2', dimensions: number) => HnswGraph> {
  try {
    const { default: hnswlib } = await import('hnswlib-node');
    return hnswlib.HierarchicalNSW;
  } catch (cause) {
    throw new ShortlistError(
      'hnsw-unavailable',
      `The hnsw source needs the optional package hnswlib-node, which could not be loaded: ${messageOf(cause)} ` +
        'Install it with a C++ compiler at hand, or use the clusters source.',
      {},
      { cause },
    );
  }
}
