import { messageOf, ShortlistError } from '../../src/errors.js';
import type { CatalogueItem } from '../../src/learn/ratings/ratings-table.js';
import { readItems } from '../../src/learn/ratings/read-items.js';
import { type Flags, kebabCase, type Options } from './command.js';
import { commaList, onOff, text, texts } from './flag-values.js';

// The flags of every command that reads items files: `ReadItemsOptions` tells what each of them does.

export const itemsFlags = {
  items: {
    value: 'FILE...',
    help: 'titles, categories, availability and other facts of the items, such as movies.csv',
    schema: texts().optional(),
  },
  itemsIdColumn: { value: 'NAME', help: 'column of --items with ids (default: recognised)', schema: text().optional() },
  itemsTitleColumn: { value: 'NAME', help: 'column with titles (default: recognised)', schema: text().optional() },
  itemsCategoriesColumn: {
    value: 'NAME',
    help: 'column with categories (default: recognised)',
    schema: text().optional(),
  },
  itemsCategoriesSeparator: {
    value: 'TEXT',
    help: 'what stands between categories (default: judged by the column: | ; , or lists of JSON)',
    schema: text().optional(),
  },
  itemsAvailableColumn: {
    value: 'NAME',
    help: 'column that says whether an item can be had, or how many (default: recognised)',
    schema: text().optional(),
  },
  itemsAttributes: {
    value: 'LIST',
    help: 'columns to keep for replies and filters, or none (default: all others without long texts)',
    schema: commaList(text()).optional(),
  },
  itemsHeaderless: {
    help: 'the columns are id, title, categories, available, or named by position, from the first line on',
    schema: onOff(),
  },
} satisfies Flags;

/** The flag of each option of `readItems`. */
const FLAG_OF = {
  itemColumn: 'itemsIdColumn',
  titleColumn: 'itemsTitleColumn',
  categoriesColumn: 'itemsCategoriesColumn',
  categoriesSeparator: 'itemsCategoriesSeparator',
  availableColumn: 'itemsAvailableColumn',
  attributes: 'itemsAttributes',
  headerless: 'itemsHeaderless',
} as const;

/**
 * Reads the items files of a command line; no items where there are none.
 * @param note takes lines for whoever runs the command
 */
export async function itemsFrom(
  flags: Options<typeof itemsFlags> & { readonly skipBadRows: boolean },
  note: (line: string) => void,
): Promise<CatalogueItem[]> {
  if (flags.items === undefined) return [];
  const { itemsAttributes: attributes } = flags;
  try {
    return await readItems(flags.items, {
      itemColumn: flags.itemsIdColumn,
      titleColumn: flags.itemsTitleColumn,
      categoriesColumn: flags.itemsCategoriesColumn,
      categoriesSeparator: flags.itemsCategoriesSeparator,
      availableColumn: flags.itemsAvailableColumn,
      attributes: attributes?.join() === 'none' ? [] : attributes,
      headerless: flags.itemsHeaderless || undefined,
      skipBadRows: flags.skipBadRows,
      note: line => note(inFlags(line)),
    });
  } catch (thrown) {
    if (!(thrown instanceof ShortlistError)) throw thrown;
    throw new ShortlistError(thrown.code, inFlags(messageOf(thrown)), thrown.fields, { cause: thrown });
  }
}

/** Text that names options of `readItems`, which other flags have too, with their own flags. */
function inFlags(message: string): string {
  return message.replace(/`(\w+)`/g, (whole, option: string) =>
    Object.hasOwn(FLAG_OF, option) ? `--${kebabCase(FLAG_OF[option as keyof typeof FLAG_OF])}` : whole,
  );
}
