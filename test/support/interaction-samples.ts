import { createRandom } from '../../src/base/numeric/random.js';
import { csrFromCoordinates, transpose } from '../../src/base/numeric/sparse.js';
import type { AlsInteractions } from '../../src/learn/training/als-plan.js';

/** Interactions from [user, item, value] triples. */
export function interactionsFrom(
  users: number,
  items: number,
  triples: readonly (readonly [number, number, number])[],
): AlsInteractions {
  const { csr } = csrFromCoordinates(
    users,
    items,
    Uint32Array.from(triples, t => t[0]),
    Uint32Array.from(triples, t => t[1]),
    Float32Array.from(triples, t => t[2]),
  );
  return { byUser: csr, byItem: transpose(csr) };
}

/** Random interactions of skewed popularity with ratings 1 … 5, some rows left empty. */
export function randomInteractions(users: number, items: number, perUser: number, seed: number): AlsInteractions {
  const random = createRandom(seed);
  const triples = new Map<number, readonly [number, number, number]>();
  for (let user = 0; user < users; user++) {
    if (user % 17 === 3) continue;
    const count = Math.ceil(perUser * 2 * random.uniform() ** 2);
    for (let k = 0; k < count; k++) {
      const item = Math.floor(items * random.uniform() ** 2);
      if (item % 23 !== 5) triples.set(user * items + item, [user, item, 1 + random.below(5)]);
    }
  }
  return interactionsFrom(users, items, [...triples.values()]);
}

/**
 * A checkerboard: user u likes the items of its own parity, except those that `withheld` names. Whoever has learned the
 * pattern puts the withheld items first.
 */
export function checkerboard(size: number, withheld: (user: number) => number): AlsInteractions {
  const triples: [number, number, number][] = [];
  for (let user = 0; user < size; user++) {
    for (let item = user % 2; item < size; item += 2) if (item !== withheld(user)) triples.push([user, item, 1]);
  }
  return interactionsFrom(size, size, triples);
}
