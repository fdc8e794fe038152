import type { CatalogueItem } from './ratings-table.js';

/** How far an items file and the ratings speak of the same items. */
export interface CatalogueMatch {
  /** Items in the items file. */
  readonly items: number;
  /** Items in the ratings. */
  readonly rated: number;
  /** Items in both. */
  readonly shared: number;
  /** Where hardly any are shared: what is known of the cause, in a sentence. */
  readonly warning?: string;
}

/** A smaller share of the items in the smaller of the two is hardly any. */
const HARDLY_ANY = 0.1;

/** Counts the items that an items file and ratings share. */
export function catalogueMatch(itemIds: readonly string[], catalogue: readonly CatalogueItem[]): CatalogueMatch {
  const rated = new Set(itemIds);
  const shared = catalogue.reduce((count, { itemId }) => count + (rated.has(itemId) ? 1 : 0), 0);
  const counts = { items: catalogue.length, rated: itemIds.length, shared };
  if (catalogue.length === 0 || shared >= HARDLY_ANY * Math.min(catalogue.length, itemIds.length)) return counts;
  return { ...counts, warning: warning(itemIds, catalogue) };
}

function warning(itemIds: readonly string[], catalogue: readonly CatalogueItem[]): string {
  const spelledAs = new Map(itemIds.map(id => [plainly(id), id]));
  const alike = catalogue.find(({ itemId }) => {
    const other = spelledAs.get(plainly(itemId));
    return other !== undefined && other !== itemId;
  });
  const [one, other] = alike
    ? [spelledAs.get(plainly(alike.itemId)), alike.itemId]
    : [itemIds[0], catalogue[0]?.itemId ?? ''];
  const hint = alike
    ? `The same ids seem to be written in two ways: "${one}" in the ratings, "${other}" in the items file.`
    : `The ratings have ids such as "${one}", the items file such as "${other}".`;
  return `Hardly any rated item is in the items file, so that titles, categories and availability are missing. ${hint}`;
}

/** An id without what programs add or take away: zeros in front, decimals, case, blanks and signs. */
function plainly(id: string): string {
  const letters = id
    .toLowerCase()
    .replace(/\.0+$/, '')
    .replace(/[^\p{L}\p{N}]/gu, '');
  return letters.replace(/^0+(?=.)/, '');
}
