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
      `SELECT item_id, title, categories, unavailable ${attributes.map(({ cell }) => `, ${cell}`).join('')}
      FROM usable ORDER BY position`,
    );
    const [ids = [], titles = [], cells = [], unavailable = [], ...others] = result.getColumns();
    const categories = categoriesOf(cells.map(textOf), options.categoriesSeparator);
    const columns = attributes.map(({ name }, i) => {
      const { values, unit } = attributeOf(others[i]!.map(textOf));
      if (unit !== undefined) options.note?.(`The attribute "${name}" is a number, without the ${unit} of the file.`);
      return { name, values };
    });
    const items = new Map<string, CatalogueItem>();
    for (const [row, id] of ids.entries()) {
      const itemId = String(id);
      if (items.has(itemId)) continue;
      const title = textOf(titles[row]);
      const own = columns.flatMap(({ name, values }): [string, AttributeValue][] => {
        const value = values[row];
        return value === undefined ? [] : [[name, value]];
      });
      items.set(itemId, {
        itemId,
        ...(title === null ? {} : { title }),
        categories: categories[row]!,
        ...(unavailable[row] === true ? { available: false as const } : {}),
        ...(own.length === 0 ? {} : { attributes: Object.fromEntries(own) }),
      });
    }
    if (items.size === 0) {
      throw new ShortlistError('no-usable-rows', `No items in ${files.join(', ')}.`, { files });
    }
    return [...items.values()];
  });
}

function textOf(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}

function itemProjection(columns: TableColumns<ItemRole>): Projection {
  const { item, title, categories, available } = columns;
  // A column can be spelled for two roles ("book"); the id has the first claim.
  const titled = title !== undefined && title !== item;
  const others = keysOf(columns).map(sqlName);
  return {
    columns: {
      item_id: idValue('item'),
      title: titled ? "nullif(trim(title), '')" : 'NULL::VARCHAR',
      categories: categories === undefined ? 'NULL::VARCHAR' : 'categories',
      unavailable: available === undefined ? 'false' : UNAVAILABLE_VALUE,
      // All columns by position, since files may differ in them.
      fields: `[${others.join(', ')}]::VARCHAR[]`,
    },
    problems: [...idProblems('item', 'item'), ...(available === undefined ? [] : [AVAILABILITY_PROBLEM])],
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
    const used = ROLES.map(role => columns[role]);
    for (const [name, position] of namedOnce(keysOf(columns))) {
      if (chosen ? !chosen.includes(name) : used.includes(position)) continue;
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
