import { quotedNames } from '../../base/tables/column-names.js';
import { type DuckDbSession, sqlName, withDuckDb } from '../../base/tables/duckdb.js';
import { idProblems, idValue } from '../../base/tables/field-values.js';
import type { ColumnKey, TableColumns, WantedColumns } from '../../base/tables/layout.js';
import type { Projection } from '../../base/tables/records.js';
import { loadUsableRows, type TableOptions } from '../../base/tables/usable-rows.js';
import { ShortlistError } from '../../errors.js';
import { attributeOf } from './attribute-cells.js';
import { AVAILABILITY_PROBLEM, UNAVAILABLE_VALUE } from './availability.js';
import { categoriesOf } from './category-cells.js';
import { areOfMovieLens, MOVIELENS_COLUMNS, movieLensGenres } from './movielens-genres.js';
import { type AttributeValue, type CatalogueItem, MAX_ATTRIBUTES } from './ratings-table.js';

/**
 * As for ratings; the columns of files without a header are item id, title, categories, available, or those whose positions,
 * from 1, are given.
 */
export interface ReadItemsOptions extends TableOptions {
  /** Name of the column with item ids; by default the first that is spelled in a usual way. Likewise the others. */
  readonly itemColumn?: string | undefined;
  readonly titleColumn?: string | undefined;
  readonly categoriesColumn?: string | undefined;
  readonly availableColumn?: string | undefined;
  /** What stands between two categories, and nothing else does. Default: judged by the whole column, see `categoriesOf`. */
  readonly categoriesSeparator?: string | undefined;
  /**
   * Names of the columns that are kept as attributes, none for `[]`. Default: all columns that are not used otherwise, but
   * for empty ones and those with a text of more than 500 characters; the first 64.
   */
  readonly attributes?: readonly string[] | undefined;
  /** Called with a line for each thing that whoever reads files with unknown columns would like to know. */
  readonly note?: ((line: string) => void) | undefined;
}

const ROLES = ['item', 'title', 'categories', 'available'] as const;
type ItemRole = (typeof ROLES)[number];

/** What feeds and shops call what has a more telling name elsewhere. */
const FALLBACKS: WantedColumns<ItemRole>['fallbacks'] = {
  item: ['id', 'handle', 'code'],
  title: ['label'],
  categories: ['product_type', 'product category', 'google_product_category', 'listed_in'],
  available: ['availability', 'in stock?', 'stock_status'],
};

/** Longest text of an attribute that is kept unasked: more than names and addresses of pictures have, less than a description. */
const MAX_TEXT = 500;

/**
 * Reads titles, categories, availability and further attributes of items, in the kinds of files that ratings may have. All
 * columns but that of the ids may be missing. An id that occurs again replaces nothing: its first row wins.
 * Two kinds of files are known by their columns: `u.item` of MovieLens 100k, whose genres are flags, and exports of products
 * by Shopify, whose later rows of a product lack what its first row says.
 * @param names one file or several
 * @throws ShortlistError as reading ratings does, and `missing-column` for an attribute that no file has
 */
export async function readItems(
  names: string | readonly string[],
  options: ReadItemsOptions = {},
): Promise<CatalogueItem[]> {
  const files = [names].flat();
  const wanted: WantedColumns<ItemRole> = {
    positions: ROLES,
    required: ['item'],
    named: {
      item: options.itemColumn,
      title: options.titleColumn,
      categories: options.categoriesColumn,
      available: options.availableColumn,
    },
    fallbacks: FALLBACKS,
    headerless: options.headerless,
    all: true,
  };
  return withDuckDb(async session => {
    const columnsOf: TableColumns<ItemRole>[] = [];
    await loadUsableRows(session, files, wanted, options.skipBadRows ?? false, columns => {
      columnsOf.push(columns);
      return itemProjection(columns);
    });
    const attributes = await chosenAttributes(session, files, columnsOf, options);
    const result = await session.connection.runAndReadAll(
      `SELECT item_id, product, title, categories, unavailable ${attributes.map(({ cell }) => `, ${cell}`).join('')}
      FROM usable ORDER BY position`,
    );
    const [ids = [], products = [], titles = [], cells = [], unavailable = [], ...others] = result.getColumns();
    const categories = categoriesOf(cells.map(textOf), options.categoriesSeparator);
    const columns = attributes.map(({ name }, i) => {
      const { values, unit } = attributeOf(others[i]!.map(textOf));
      if (unit !== undefined) options.note?.(`The attribute "${name}" is a number, without the ${unit} of the file.`);
      return { name, values };
    });
    const parents = parentRows(products, titles);
    const items = new Map<string, CatalogueItem>();
    let pictures = 0;
    for (const [row, id] of ids.entries()) {
      const itemId = String(id);
      if (itemId === '') pictures++;
      if (itemId === '' || items.has(itemId)) continue;
      const parent = parents[row] ?? row;
      const title = textOf(titles[row] ?? titles[parent]);
      const own = columns.flatMap(({ name, values }): [string, AttributeValue][] => {
        const value = values[row] ?? values[parent];
        return value === undefined ? [] : [[name, value]];
      });
      items.set(itemId, {
        itemId,
        ...(title === null ? {} : { title }),
        categories: categories[cells[row] === null || cells[row] === '' ? parent : row]!,
        ...((unavailable[row] ?? unavailable[parent]) === true ? { available: false as const } : {}),
        ...(own.length === 0 ? {} : { attributes: Object.fromEntries(own) }),
      });
    }
    if (pictures > 0) options.note?.(`Left out: ${pictures} rows of further pictures, with neither id nor title.`);
    if (items.size === 0) {
      throw new ShortlistError('no-usable-rows', `No items in ${files.join(', ')}.`, { files });
    }
    return [...items.values()];
  });
}

/**
 * For each row without a title, the first one of the same product: in the exports of Shopify, the rows of further variants and
 * pictures have the handle of the product alone.
 */
function parentRows(products: readonly unknown[], titles: readonly unknown[]): (number | undefined)[] {
  const first = new Map<unknown, number>();
  return products.map((product, row) => {
    if (product === null) return undefined;
    if (!first.has(product)) first.set(product, row);
    return titles[row] === null ? first.get(product) : undefined;
  });
}

function textOf(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}

function itemProjection(columns: TableColumns<ItemRole>): Projection {
  const { item, title, categories, available } = columns;
  // A column can be spelled for two roles ("book"); the id has the first claim.
  const titled = title !== undefined && title !== item ? "nullif(trim(title), '')" : 'NULL::VARCHAR';
  const keys = keysOf(columns);
  const isMovieLens = areOfMovieLens(keys, categories);
  const product = keys.find(key => /^\d+:handle$/i.test(key) && !key.startsWith(`${item}:`));
  const isPicture = product && `trim(coalesce(item, '')) = '' AND ${titled} IS NULL AND ${sqlName(product)} <> ''`;
  const ofRow = categories === undefined ? 'NULL::VARCHAR' : 'categories';
  return {
    columns: {
      item_id: isPicture ? `CASE WHEN ${isPicture} THEN '' ELSE ${idValue('item')} END` : idValue('item'),
      product: product ? `nullif(${sqlName(product)}, '')` : 'NULL::VARCHAR',
      title: titled,
      categories: isMovieLens ? movieLensGenres(keys) : ofRow,
      unavailable: available === undefined || isMovieLens ? 'NULL::BOOLEAN' : UNAVAILABLE_VALUE,
      // All columns by position, since files may differ in them.
      fields: `[${keys.map(sqlName).join(', ')}]::VARCHAR[]`,
    },
    problems: [
      ...(isPicture ? [`WHEN ${isPicture} THEN NULL`] : []),
      ...idProblems('item', 'item'),
      ...(available === undefined || isMovieLens ? [] : [AVAILABILITY_PROBLEM]),
    ],
  };
}

/** A column to keep, which files may have at different positions. */
interface AttributeCell {
  readonly name: string;
  /** SQL for its text in a row of `usable`, null where there is none. */
  readonly cell: string;
}

/** @throws ShortlistError `missing-column` */
async function chosenAttributes(
  session: DuckDbSession,
  files: readonly string[],
  columnsOf: readonly TableColumns<ItemRole>[],
  { attributes: chosen, note }: ReadItemsOptions,
): Promise<AttributeCell[]> {
  const positions = new Map<string, Map<number, number>>();
  for (const [file, columns] of columnsOf.entries()) {
    const isMovieLens = areOfMovieLens(keysOf(columns), columns.categories);
    const used = ROLES.map(role => columns[role]);
    for (const [given, position] of namedOnce(keysOf(columns))) {
      const name = (isMovieLens && MOVIELENS_COLUMNS[position]) || given;
      const isUsed = isMovieLens ? MOVIELENS_COLUMNS[position] === undefined : used.includes(position);
      if (chosen ? !chosen.includes(name) : isUsed) continue;
      positions.set(name, (positions.get(name) ?? new Map<number, number>()).set(file, position));
    }
  }
  const missing = chosen?.find(name => !positions.has(name));
  if (missing !== undefined) {
    const all = new Set(columnsOf.flatMap(columns => [...namedOnce(keysOf(columns)).keys()]));
    throw new ShortlistError(
      'missing-column',
      `${files.join(', ')} has no column "${missing}", which \`attributes\` names. There are ${quotedNames([...all])}.`,
      { file: files.join(', '), columns: [...all] },
    );
  }
  const cells = Array.from(positions, ([name, places]): AttributeCell => {
    const branches = Array.from(places, ([file, position]) => `WHEN ${file} THEN fields[${position + 1}]`);
    return { name, cell: `CASE position >> 40 ${branches.join(' ')} END` };
  });
  if (cells.length === 0) return [];
  const [longest = []] = await session.rows(
    `SELECT ${cells.map(({ cell }) => `coalesce(max(length(trim(${cell}))), 0)::INTEGER`)} FROM usable`,
  );
  const kept = cells.filter((_, i) => Number(longest[i]) > 0 && (chosen || Number(longest[i]) <= MAX_TEXT));
  const long = cells.filter((_, i) => Number(longest[i]) > MAX_TEXT).map(({ name }) => name);
  if (long.length > 0 && !chosen) {
    note?.(
      `Not kept, for texts of more than ${MAX_TEXT} characters: ${quotedNames(long)}. Columns that \`attributes\` names are.`,
    );
  }
  const beyond = kept.splice(MAX_ATTRIBUTES).map(({ name }) => name);
  if (beyond.length > 0) {
    note?.(
      `Not kept, beyond the first ${MAX_ATTRIBUTES} columns: ${quotedNames(beyond)}. Choose columns with \`attributes\`.`,
    );
  }
  return kept;
}

/** The positions of columns by name; one that occurs again becomes `name_2`. Columns without a name are left out. */
function namedOnce(keys: readonly ColumnKey[]): Map<string, number> {
  const positions = new Map<string, number>();
  for (const key of keys) {
    const [position = '', ...rest] = key.split(':');
    const name = rest.join(':').trim();
    if (name === '') continue;
    let free = name;
    for (let n = 2; positions.has(free); n++) free = `${name}_${n}`;
    positions.set(free, Number(position));
  }
  return positions;
}

/** The keys of all columns of a file, by position. */
function keysOf(columns: object): ColumnKey[] {
  return Object.keys(columns).filter((key): key is ColumnKey => /^\d+:/.test(key));
}
