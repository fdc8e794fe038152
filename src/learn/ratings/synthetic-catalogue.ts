import { createRandom, type Random } from '../../base/numeric/random.js';
import type { CatalogueItem } from './ratings-table.js';

/** Categories and the nouns that titles of each are made of. One taste group prefers one category. */
const CATEGORIES: readonly (readonly [name: string, nouns: string])[] = [
  ['Adventure', 'Island River Compass Caravan Summit Canyon Expedition Lagoon Outpost Horizon'],
  ['Animation', 'Kite Puppet Balloon Teapot Dragonfly Snowman Toymaker Circus Marble Rainbow'],
  ['Comedy', 'Wedding Landlord Nephew Holiday Waiter Roommate Barber Parrot Neighbour Honeymoon'],
  ['Crime', 'Alibi Detective Heist Verdict Witness Ransom Vault Informer Getaway Jury'],
  ['Documentary', 'Archive Glacier Migration Orchestra Harvest Coastline Workshop Factory Bridge Kitchen'],
  ['Drama', 'Letter Orchard Father Silence Winter Daughter Promise Farewell Inheritance Village'],
  ['Fantasy', 'Crown Wizard Raven Castle Prophecy Sword Oracle Enchantment Griffin Throne'],
  ['History', 'Regiment Empress Treaty Frontier Cathedral Rebellion Armada Printer Siege Republic'],
  ['Horror', 'Cellar Whisper Mirror Fog Asylum Lantern Grave Shadow Hollow Séance'],
  ['Music', 'Refrain Trumpet Ballad Jukebox Cabaret Serenade Drummer Encore Melody Rehearsal'],
  ['Mystery', 'Cipher Portrait Lighthouse Staircase Telegram Passenger Manuscript Clockmaker Key Stranger'],
  ['Nature', 'Meadow Heron Forest Reef Wolf Tundra Orchid Tide Falcon Savannah'],
  ['Romance', 'Kiss Garden Café Summer Violin Balcony Dance Perfume Postcard Rose'],
  ['Science Fiction', 'Orbit Android Signal Colony Starship Nebula Paradox Satellite Machine Moon'],
  ['Sport', 'Champion Relay Underdog Marathon Goalkeeper Ring Season Coach Regatta Final'],
  ['Western', 'Saddle Sheriff Canyon Train Rancher Dust Saloon Outlaw Mustang Prairie'],
];

const ADJECTIVES = (
  'Silent Golden Last Hidden Broken Scarlet Distant Endless Forgotten Crooked Wandering Frozen Velvet Burning Paper ' +
  'Hollow Bright Second Secret Iron Quiet Wild Lonely Electric Borrowed Sleeping Midnight Northern Invisible Honest ' +
  'Restless Gentle Savage Lucky Blue Faithful Sunken Ninth Impossible Tender'
).split(' ');

/** Most taste groups there can be: each has a category of its own. */
export const MAX_TASTE_GROUPS = CATEGORIES.length;

/** Share of the items that existed before the first rating, and the first of their years. */
export const BACK_CATALOGUE_SHARE = 0.3;
const FIRST_YEAR = 1960;

/**
 * Titles and categories for items with ids "1" … "n", older items first. Titles are unique.
 * @param groups taste group of each item, which is its first category; about half of the items have a second one
 * @param firstRatedYear year in which the first ratings are given
 * @param ratedYears years over which the items after the back catalogue come out
 */
export function syntheticCatalogue(
  groups: Uint8Array,
  tasteGroups: number,
  seed: number,
  firstRatedYear: number,
  ratedYears: number,
): CatalogueItem[] {
  const random = createRandom(seed);
  const titles = new Set<string>();
  const backCatalogue = Math.floor(groups.length * BACK_CATALOGUE_SHARE);
  return Array.from(groups, (group, index) => {
    const year =
      index < backCatalogue
        ? FIRST_YEAR + Math.floor(((firstRatedYear - FIRST_YEAR) * index) / backCatalogue)
        : firstRatedYear + Math.floor((ratedYears * (index - backCatalogue)) / (groups.length - backCatalogue));
    const second = random.uniform() < 0.5 ? random.below(tasteGroups) : group;
    return {
      itemId: String(index + 1),
      title: uniqueTitle(titles, group, year, random),
      categories: [...new Set([group, second])].map(category => categoryAt(category)[0]),
    };
  });
}

function uniqueTitle(taken: Set<string>, group: number, year: number, random: Random): string {
  const name = titleOf(group, random);
  let title = `${name} (${year})`;
  for (let part = 2; taken.has(title); part++) title = `${name}, Part ${part} (${year})`;
  taken.add(title);
  return title;
}

function titleOf(group: number, random: Random): string {
  const nouns = categoryAt(group)[1].split(' ');
  const noun = pick(nouns, random);
  const adjective = pick(ADJECTIVES, random);
  const other = pick(
    nouns.filter(word => word !== noun),
    random,
  );
  switch (random.below(6)) {
    case 0:
      return `${adjective} ${noun}`;
    case 1:
      return `The ${noun} and the ${other}`;
    case 2:
      return `${noun} of the ${adjective} ${other}`;
    case 3:
      return `Beyond the ${adjective} ${noun}`;
    case 4:
      return `My ${adjective} ${noun}`;
    default:
      return `The ${adjective} ${noun}`;
  }
}

function categoryAt(group: number): readonly [name: string, nouns: string] {
  const category = CATEGORIES[group];
  if (category === undefined) throw new RangeError(`There is no category ${group}.`);
  return category;
}

function pick(words: readonly string[], random: Random): string {
  return words[random.below(words.length)] ?? '';
}
