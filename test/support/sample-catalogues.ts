import type { Arena } from '../../src/base/kernels/arena.js';
import { createMatrix, type Matrix, matrixFromRows, rowOf } from '../../src/base/numeric/matrix.js';
import type { Random } from '../../src/base/numeric/random.js';
import { buildCells } from '../../src/retrieve/build-cells.js';
import type { Cells } from '../../src/retrieve/cells.js';

/** Vectors as factors look: a few directions shared by groups of items, norms spread over two orders of magnitude. */
export function groupedVectors(rows: number, columns: number, random: Random): Matrix {
  const groups = Array.from({ length: 12 }, () => Array.from({ length: columns }, () => random.normal()));
  return matrixFromRows(
    Array.from({ length: rows }, () => {
      const group = groups[random.below(groups.length)]!;
      const norm = Math.exp(random.normal());
      return group.map(value => norm * (value + 0.5 * random.normal()));
    }),
    columns,
  );
}

/** The items in the order of their cells, in the arena. */
export async function clustered(
  arena: Arena,
  vectors: Matrix,
  options: Parameters<typeof buildCells>[2] = {},
): Promise<{ items: Matrix; cells: Cells }> {
  const { order, cells } = await buildCells(arena, vectors, { threads: 1, ...options });
  const items = arena.matrix(vectors.rows, vectors.columns);
  order.forEach((old, item) => {
    items.data.set(rowOf(vectors, old), item * items.stride);
  });
  return { items, cells };
}

/** The sizes of items and of the query in a kind of small catalogue. */
interface Kind {
  readonly item: (random: Random) => number;
  readonly query: (random: Random) => number;
}

/** Each a way in which arithmetic can go wrong. */
const KINDS: readonly Kind[] = [
  { item: () => 1, query: () => 1 },
  { item: random => Math.exp(random.normal()), query: () => 1 },
  // Norms from far below the smallest to near the largest whose products can be told apart.
  { item: random => 10 ** (random.below(70) - 35), query: random => 10 ** (random.below(70) - 35) },
  // Denormal items.
  { item: () => 1e-42, query: () => 1 },
  // Denormal products.
  { item: () => 1e-22, query: () => 1e-22 },
  // Everything overflows.
  { item: random => 1e38 * random.uniform(), query: random => 1e38 * random.uniform() },
  // Some sums overflow.
  { item: random => (random.below(2) === 0 ? 1 : 1e38), query: random => 10 ** (random.below(5) - 2) },
];

/**
 * A few items with many duplicates, near duplicates (the last bits differ) and zero vectors, and a query, all of a
 * random kind.
 */
export function awkwardCatalogue(arena: Arena, random: Random): { items: Matrix; query: Float32Array } {
  const kind = KINDS[random.below(KINDS.length)]!;
  const isInteger = random.below(4) === 0;
  const columns = random.below(4) === 0 ? 1 : 1 + random.below(random.below(10) === 0 ? 70 : 12);
  const finite = (value: number): number => Math.max(-3e38, Math.min(3e38, value));
  const vector = (size: number): number[] => {
    if (random.below(8) === 0) return new Array(columns).fill(0);
    return Array.from({ length: columns }, () => finite(size * (isInteger ? random.below(3) - 1 : random.normal())));
  };
  const rows: number[][] = [];
  const count = random.below(random.below(6) === 0 ? 200 : 25);
  while (rows.length < count) {
    const earlier = rows[random.below(Math.max(1, rows.length))];
    const draw = random.below(4);
    if (earlier && draw === 0) rows.push([...earlier]);
    else if (earlier && draw === 1)
      rows.push(earlier.map(value => finite(value * (1 + (random.below(5) - 2) * 2 ** -23))));
    else rows.push(vector(kind.item(random)));
  }
  const items = arena.matrix(count, columns);
  items.data.set(matrixFromRows(rows, columns).data);
  const query = random.below(5) === 0 && count > 0 ? [...rows[random.below(count)]!] : vector(kind.query(random));
  return { items, query: Float32Array.from(query) };
}

/** Any cut of the items into cells, with any centroids: a certificate has to hold for every one. */
export function randomCells(items: Matrix, random: Random): Cells {
  const bounds = new Set([0]);
  const cuts = random.below(items.rows + 1);
  for (let i = 0; i < cuts; i++) bounds.add(random.below(items.rows));
  const starts = items.rows === 0 ? [0] : [...[...bounds].sort((a, b) => a - b), items.rows];
  const centroids = createMatrix(starts.length - 1, items.columns);
  for (let cell = 0; cell < centroids.rows; cell++) {
    centroids.data.set(rowOf(items, random.below(items.rows)), cell * items.stride);
  }
  return { starts: Uint32Array.from(starts), centroids };
}
