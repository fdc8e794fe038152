import { textsIn } from './text-lists.js';

/** What MovieLens writes for a film without genres. */
const NO_CATEGORIES = '(no genres listed)';

/** What may separate categories, the least likely inside a name first. */
const SEPARATORS = ['|', ';', ','];

/** Between the levels of a path, such as `Home > Kitchen > Pans`. */
const LEVEL = ' > ';

/**
 * The categories in each cell of a column. A cell is a list (see `textsIn`), or names with `|`, `;` or `,` between them. The
 * whole column decides which of these separate: one that stands in some cell beside an earlier one of the three belongs
 * to names everywhere, as the comma of `Crime, Noir|Drama` does. An item of a path `A > B > C` is in the categories `A`,
 * `A > B` and `A > B > C`.
 * @param cells those of all items
 * @param separator the only thing that separates categories; lists are then not recognised
 */
export function categoriesOf(cells: readonly (string | null)[], separator?: string): string[][] {
  const split = separator === undefined ? splitterFor([...new Set(cells)]) : (cell: string) => cell.split(separator);
  // Cells repeat.
  const known = new Map<string | null, string[]>([[null, []]]);
  return cells.map(cell => {
    const seen = known.get(cell);
    if (seen) return seen;
    const names = split(cell ?? '').flatMap(name => levelsOf(name.trim()));
    const categories = [...new Set(names)].filter(name => name !== '' && name !== NO_CATEGORIES);
    known.set(cell, categories);
    return categories;
  });
}

function splitterFor(cells: readonly (string | null)[]): (cell: string) => string[] {
  const plain = cells.filter(cell => cell !== null).filter(cell => !textsIn(cell));
  const separators = SEPARATORS.filter((separator, i) => {
    const within = plain.filter(cell => cell.includes(separator));
    return !within.some(cell => SEPARATORS.slice(0, i).some(earlier => cell.includes(earlier)));
  });
  if (separators.includes(',') && !separatesPaths(plain)) separators.splice(separators.indexOf(','), 1);
  const pattern = new RegExp(`[${separators.join('')}]`);
  return cell => textsIn(cell) ?? cell.split(pattern);
}

/**
 * Whether commas stand between paths (`Clothing, Clothing > Hats`, as WooCommerce writes) and not inside their names (`Food,
 * Drinks & Tobacco > Tea`, as in Google's taxonomy): whether what follows a comma begins as other paths do.
 */
function separatesPaths(cells: readonly string[]): boolean {
  const paths = cells.filter(cell => cell.includes(LEVEL) && cell.includes(','));
  if (paths.length === 0) return true;
  const roots = new Set(cells.filter(cell => !cell.includes(',')).map(rootOf));
  return paths.every(cell => cell.split(',').every(path => roots.has(rootOf(path))));
}

function rootOf(path: string): string {
  return path.split(LEVEL)[0]!.trim();
}

function levelsOf(path: string): string[] {
  const levels = path.split(LEVEL).map(level => level.trim());
  return levels.map((_, depth) => levels.slice(0, depth + 1).join(LEVEL));
}
