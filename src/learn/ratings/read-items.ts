import { sqlString, withDuckDb } from '../../base/tables/duckdb.js';
import { idProblems, idValue } from '../../base/tables/field-values.js';
import type { WantedColumns } from '../../base/tables/layout.js';
import type { Projection } from '../../base/tables/records.js';
import { loadUsableRows, type TableOptions } from '../../base/tables/usable-rows.js';
import { ShortlistError } from '../../errors.js';
import type { CatalogueItem } from './ratings-table.js';

/** As for ratings; the columns of files without a header are item id, title, categories, available. */
export interface ReadItemsOptions extends TableOptions {
  /** Name of the column with item ids; by default the first that is spelled in a usual way. Likewise the others. */
  readonly itemColumn?: string | undefined;
  readonly titleColumn?: string | undefined;
  readonly categoriesColumn?: string | undefined;
  readonly availableColumn?: string | undefined;
}

type ItemRole = 'item' | 'title' | 'categories' | 'available';

/** What MovieLens writes for a film without genres. */
const NO_CATEGORIES = '(no genres listed)';

/** Spellings of whether an item is available, in lower case. Nothing means yes. */
const AVAILABLE = ['true', '1', 'yes', 'y', 't'];
const UNAVAILABLE = ['false', '0', 'no', 'n', 'f'];

/**
 * Reads titles, categories and availability of items, in the kinds of files that ratings may have. All columns but that
 * of the ids may be missing; categories are separated by `|`, each kept once. An id that occurs again replaces nothing:
 * its first row wins.
 * @throws ShortlistError as reading ratings does
 */
export async function readItems(name: string, options: ReadItemsOptions = {}): Promise<CatalogueItem[]> {
  const wanted: WantedColumns<ItemRole> = {
    positions: ['item', 'title', 'categories', 'available'],
    required: ['item'],
    named: {
      item: options.itemColumn,
      title: options.titleColumn,
      categories: options.categoriesColumn,
      available: options.availableColumn,
    },
    headerless: options.headerless,
  };
  return withDuckDb(async session => {
    await loadUsableRows(session, [name], wanted, options.skipBadRows ?? false, itemProjection);
    const rows = await session.rows('SELECT item_id, title, categories, unavailable FROM usable ORDER BY position');
    const items = new Map<string, CatalogueItem>();
    for (const [id, title, categories, unavailable] of rows) {
      const itemId = String(id);
      if (items.has(itemId)) continue;
      items.set(itemId, {
        itemId,
        ...(title === null ? {} : { title: String(title) }),
        categories: categories === null ? [] : splitCategories(String(categories)),
        ...(unavailable === true ? { available: false as const } : {}),
      });
    }
    if (items.size === 0) throw new ShortlistError('no-usable-rows', `No items in ${name}.`, { files: [name] });
    return [...items.values()];
  });
}

const AVAILABILITY = 'lower(trim(available))';
const AVAILABILITY_PROBLEM = `WHEN coalesce(${AVAILABILITY}, '') NOT IN ('', ${[...AVAILABLE, ...UNAVAILABLE].map(sqlString)})
  THEN 'available is "' || left(available, 40) || '", expected true or false, yes or no, 1 or 0, or nothing for true'`;

function itemProjection({ item, title, categories, available }: Partial<Record<ItemRole, number>>): Projection {
  // A column can be spelled for two roles ("book"); the id has the first claim.
  const titled = title !== undefined && title !== item;
  const unavailable = `coalesce(${AVAILABILITY} IN (${UNAVAILABLE.map(sqlString)}), false)`;
  return {
    columns: {
      item_id: idValue('item'),
      title: titled ? "nullif(trim(title), '')" : 'NULL::VARCHAR',
      categories: categories === undefined ? 'NULL::VARCHAR' : 'categories',
      unavailable: available === undefined ? 'false' : unavailable,
    },
    problems: [...idProblems('item', 'item'), ...(available === undefined ? [] : [AVAILABILITY_PROBLEM])],
  };
}

function splitCategories(text: string): string[] {
  const categories = text.split('|').map(category => category.trim());
  return [...new Set(categories)].filter(category => category !== '' && category !== NO_CATEGORIES);
}
