import { createRandom, type Random, shuffle } from '../../base/numeric/random.js';
import { checkOption, completeOptions, integer, type OptionValues } from '../../base/options/option.js';
import type { CatalogueItem, RatingsTable } from './ratings-table.js';
import { BACK_CATALOGUE_SHARE, MAX_TASTE_GROUPS, syntheticCatalogue } from './synthetic-catalogue.js';
import { sampleByWeight, sharesOf, skewedWeights } from './synthetic-skew.js';

/** What `SyntheticOptions` are, and their ranges and defaults. */
const SYNTHETIC_OPTIONS = {
  /** Each has at least one rating. */
  users: integer({ meaning: 'users', min: 1, max: 2 ** 31, default: 2000 }),
  /** Each has at least one rating. */
  items: integer({ meaning: 'items', min: 1, max: 2 ** 31, default: 1000 }),
  /** All of different (user, item) pairs; from max(users, items) to users × items. */
  ratings: integer({ meaning: 'ratings', min: 1, default: 100_000 }),
  tasteGroups: integer({
    meaning: 'groups of items that the same users like',
    min: 1,
    max: MAX_TASTE_GROUPS,
    default: 12,
  }),
  seed: integer({ meaning: 'seed of everything random', min: 0, default: 1 }),
};

export type SyntheticOptions = Partial<OptionValues<typeof SYNTHETIC_OPTIONS>>;

/** Ratings and the items they are about. */
export interface SyntheticData {
  readonly table: RatingsTable;
  readonly catalogue: CatalogueItem[];
}

/** Ratings are given from the start of 2019 to the end of 2024. */
const FIRST_YEAR = 2019;
const YEARS = 6;
const START = Date.UTC(FIRST_YEAR) / 1000;
const SPAN = Date.UTC(FIRST_YEAR + YEARS) / 1000 - START;

/** Chances that a user's next item comes from the favourite group or the second; else it is any item. */
const FROM_FAVOURITE = 0.55;
const FROM_SECOND = 0.25;
/** Bound on the logarithm of a user's activity over the median one: nobody rates nearly the whole catalogue. */
const MAX_ACTIVITY = 2.2;
/** Stars that an item of the favourite group, of the second, and of any other gains with a user. */
const GAIN = [0.8, 0.4, -0.6] as const;

/**
 * Ratings on a scale of half stars (0.5 to 5) with planted structure: every item belongs to a taste group, every user
 * has a favourite and a second group, from which most of what they rate comes, and rates it higher. Popularity of items
 * and activity of users are skewed, good items are more popular, users differ in how kindly they rate, and nobody rates
 * an item before it exists. The same options give the same data.
 * @throws ShortlistError `invalid-option`
 */
export function generateSynthetic(options: SyntheticOptions = {}): SyntheticData {
  const { users, items, ratings, tasteGroups, seed } = completeOptions(SYNTHETIC_OPTIONS, options, {});
  const possible = { ...SYNTHETIC_OPTIONS.ratings, min: Math.max(users, items), max: users * items };
  checkOption('ratings', possible, ratings);
  const random = createRandom(seed);

  const groupOf = Uint8Array.from({ length: items }, () => random.below(tasteGroups));
  const quality = Float64Array.from({ length: items }, () => random.normal());
  const popularity = skewedWeights(items, random).map((weight, item) => weight * Math.exp(0.4 * (quality[item] ?? 0)));
  const everyItem = sampleByWeight(
    Uint32Array.from({ length: items }, (_, item) => item),
    popularity,
  );
  const itemsOfGroup = Array.from({ length: tasteGroups }, (_, group) =>
    sampleByWeight(Uint32Array.from(indicesOf(groupOf, group)), popularity),
  );
  const favourite = Uint8Array.from({ length: users }, () => random.below(tasteGroups));
  const second = favourite.map(group => (group + random.below(tasteGroups)) % tasteGroups);
  const activity = Float64Array.from({ length: users }, () => Math.exp(Math.min(MAX_ACTIVITY, random.normal())));
  const counts = sharesOf(ratings, activity, items);
  const firstItems = everyItemOnce(counts, groupOf, favourite, random);

  const rowUsers = new Uint32Array(ratings);
  const rowItems = new Uint32Array(ratings);
  const values = new Float32Array(ratings);
  const timestamps = new Float64Array(ratings);
  // The last user, plus one, who rated an item: marks what the current user has rated, without a set for each.
  const ratedBy = new Uint32Array(items);
  let row = 0;
  for (let user = 0; user < users; user++) {
    const kindness = 0.35 * random.normal();
    const joined = START + 0.8 * SPAN * random.uniform();
    const own = firstItems[user] ?? [];
    for (const item of own) ratedBy[item] = user + 1;
    for (let n = 0; n < counts[user]!; n++, row++) {
      let item = own[n];
      if (item === undefined) {
        const chance = random.uniform();
        const group =
          chance < FROM_FAVOURITE ? favourite[user]! : chance < FROM_FAVOURITE + FROM_SECOND ? second[user]! : -1;
        item = unratedItem(itemsOfGroup[group] ?? everyItem, everyItem, ratedBy, user + 1, random);
        ratedBy[item] = user + 1;
      }
      const liking = groupOf[item] === favourite[user] ? 0 : groupOf[item] === second[user] ? 1 : 2;
      const stars = 3.3 + 0.5 * quality[item]! + GAIN[liking]! + kindness + 0.6 * random.normal();
      const earliest = Math.max(joined, releaseOf(item, items));
      rowUsers[row] = user;
      rowItems[row] = item;
      values[row] = Math.min(5, Math.max(0.5, Math.round(stars * 2) / 2));
      timestamps[row] = Math.floor(earliest + (START + SPAN - earliest) * random.uniform());
    }
  }
  return {
    table: {
      userIds: Array.from({ length: users }, (_, user) => String(user + 1)),
      ...inOrderOfAppearance(rowItems, items),
      users: rowUsers,
      values,
      timestamps,
      rated: true,
      valueKind: 'ratings',
      repeats: 'last',
      duplicates: 0,
      rejected: 0,
    },
    catalogue: syntheticCatalogue(groupOf, tasteGroups, seed + 1, FIRST_YEAR, YEARS),
  };
}

/** Seconds since 1970 at which an item came out: items are numbered by age. */
function releaseOf(item: number, items: number): number {
  const age = (item / items - BACK_CATALOGUE_SHARE) / (1 - BACK_CATALOGUE_SHARE);
  return START + SPAN * Math.max(0, age);
}

/** Draws that are tried before an item is searched for: only users who rated nearly all of a group need more. */
const MAX_DRAWS = 20;

function unratedItem(
  draw: (random: Random) => number | undefined,
  drawAny: (random: Random) => number | undefined,
  ratedBy: Uint32Array,
  user: number,
  random: Random,
): number {
  for (let n = 0; n < MAX_DRAWS; n++) {
    const item = (n < MAX_DRAWS / 2 ? draw(random) : undefined) ?? drawAny(random) ?? 0;
    if (ratedBy[item] !== user) return item;
  }
  let item = random.below(ratedBy.length);
  while (ratedBy[item] === user) item = (item + 1) % ratedBy.length;
  return item;
}

/** Gives every item to one user with room for it, preferably one who favours its group. */
function everyItemOnce(
  counts: Uint32Array,
  groupOf: Uint8Array,
  favourite: Uint8Array,
  random: Random,
): (number[] | undefined)[] {
  const own: (number[] | undefined)[] = new Array(counts.length);
  const inRandomOrder = shuffle(Uint32Array.from(counts.keys()), random);
  const queues = Array.from({ length: MAX_TASTE_GROUPS }, (_, group) =>
    inRandomOrder.filter(u => favourite[u] === group),
  );
  const heads = new Uint32Array(MAX_TASTE_GROUPS + 1);
  const nextOf = (queue: Uint32Array, head: number): number | undefined => {
    for (; heads[head]! < queue.length; heads[head]!++) {
      const user = queue[heads[head]!]!;
      if ((own[user]?.length ?? 0) < counts[user]!) return user;
    }
    return undefined;
  };
  groupOf.forEach((group, item) => {
    const fan = nextOf(queues[group] ?? inRandomOrder, group);
    const user = fan ?? nextOf(inRandomOrder, MAX_TASTE_GROUPS) ?? 0;
    own[user] = [...(own[user] ?? []), item];
    // The next item goes to the next in the queue, so that nobody has only rare ones; a full round begins again.
    if (fan !== undefined && ++heads[group]! === queues[group]?.length) heads[group] = 0;
  });
  return own;
}

function inOrderOfAppearance(rowItems: Uint32Array, items: number): Pick<RatingsTable, 'itemIds' | 'items'> {
  const itemIds: string[] = [];
  const positions = new Int32Array(items).fill(-1);
  const renumbered = rowItems.map(item => {
    if (positions[item] === -1) positions[item] = itemIds.push(String(item + 1)) - 1;
    return positions[item]!;
  });
  return { itemIds, items: renumbered };
}

function* indicesOf(groups: Uint8Array, wanted: number): Generator<number> {
  for (const [index, group] of groups.entries()) if (group === wanted) yield index;
}
