import { sqlString } from '../../base/tables/duckdb.js';

/** Spellings of what can be had and of what cannot, in tables, product feeds and shops: their letters, in lower case. */
const AVAILABLE = words(
  'true yes y t instock available active published onsale limitedavailability onlineonly instoreonly preorder presale ' +
    'backorder onbackorder madetoorder',
);
const UNAVAILABLE = words(
  'false no n f outofstock unavailable notavailable inactive archived draft unpublished private soldout discontinued',
);

const LETTERS = `regexp_replace(lower(available), '^\\s*https?://schema\\.org/|[^\\p{L}]', '', 'g')`;
const QUANTITY = 'try_cast(available AS DOUBLE)';

/**
 * SQL for whether a cell says that an item cannot be had: `false`, `out of stock`, `archived`, a quantity of 0 or less; null
 * for an empty cell. What is to be ordered now and comes later can be had.
 */
export const UNAVAILABLE_VALUE = `CASE WHEN trim(coalesce(available, '')) = '' THEN NULL
  WHEN ${QUANTITY} IS NULL THEN list_contains([${UNAVAILABLE}], ${LETTERS}) ELSE ${QUANTITY} <= 0 END`;

/** SQL clause for a cell that says neither. */
export const AVAILABILITY_PROBLEM = `WHEN trim(coalesce(available, '')) <> '' AND ${QUANTITY} IS NULL
  AND NOT list_contains([${[...AVAILABLE, ...UNAVAILABLE]}], ${LETTERS})
  THEN 'available is "' || left(available, 40) || '", expected true or false, yes or no, in stock or out of stock, ' ||
    'a quantity, or nothing for true'`;

/** Literals of SQL. */
function words(text: string): readonly string[] {
  return text.split(' ').map(sqlString);
}
