import { handleBadRows } from '../../base/tables/bad-rows.js';
import { sqlString, withDuckDb } from '../../base/tables/duckdb.js';
import { openInputFile } from '../../base/tables/input-file.js';
import { layoutOf } from '../../base/tables/layout.js';
import { loadRecords } from '../../base/tables/records.js';
import { ShortlistError } from '../../errors.js';
import { idProblems } from './rating-projection.js';
import type { CatalogueItem } from './ratings-table.js';

export interface ReadItemsOptions {
  /** Name of the column with item ids; by default the first that is spelled in a usual way. Likewise the others. */
  readonly itemColumn?: string | undefined;
  readonly titleColumn?: string | undefined;
  readonly categoriesColumn?: string | undefined;
  readonly availableColumn?: string | undefined;
  /**
   * False for text files whose columns are item id, title, categories, available in this order. Default: seen from the
   * first line.
   */
  readonly header?: boolean | undefined;
  /** As for ratings. Default false. */
  readonly skipBadRows?: boolean | string | undefined;
}

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
  return withDuckDb(async session => {
    const { connection } = session;
    const file = await openInputFile(name, session.scratch);
    const layout = await layoutOf(
      file,
      {
        positions: ['item', 'title', 'categories', 'available'],
        required: ['item'],
        named: {
          item: options.itemColumn,
          title: options.titleColumn,
          categories: options.categoriesColumn,
          available: options.availableColumn,
        },
        header: options.header,
      },
      session,
    );
    // A column can be spelled for two roles ("book"); the id has the first claim.
    const titled = layout.columns.title !== undefined && layout.columns.title !== layout.columns.item;
    const hasAvailable = layout.columns.available !== undefined;
    await loadRecords(session, 'records', file, layout, {
      columns: {
        item_id: 'item',
        title: titled ? "nullif(trim(title), '')" : 'NULL::VARCHAR',
        categories: layout.columns.categories === undefined ? 'NULL::VARCHAR' : 'categories',
        unavailable: hasAvailable ? `coalesce(${AVAILABILITY} IN (${UNAVAILABLE.map(sqlString)}), false)` : 'false',
      },
      problems: [...idProblems('item', 'item'), ...(hasAvailable ? [AVAILABILITY_PROBLEM] : [])],
    });
    const rows = `FROM records WHERE rowid >= ${file.kind === 'text' && layout.hasHeader ? 1 : 0}`;
    await connection.run(`CREATE TEMP VIEW bad AS SELECT rowid AS position, ${sqlString(name)} AS file, rowid + 1 AS line,
      problem AS reason, content ${rows} AND problem IS NOT NULL`);
    await handleBadRows(session, options.skipBadRows ?? false);
    const found = await connection.runAndReadAll(
      `SELECT item_id, title, categories, unavailable ${rows} AND problem IS NULL AND item_id IS NOT NULL ORDER BY rowid`,
    );
    const items = new Map<string, CatalogueItem>();
    for (const [id, title, categories, unavailable] of found.getRows()) {
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

function splitCategories(text: string): string[] {
  const categories = text.split('|').map(category => category.trim());
  return [...new Set(categories)].filter(category => category !== '' && category !== NO_CATEGORIES);
}
