/** The part that a column plays. */
export type Role =
  | 'user'
  | 'item'
  | 'rating'
  | 'quantity'
  | 'event'
  | 'timestamp'
  | 'title'
  | 'categories'
  | 'available';

/**
 * Usual spellings of each role, letters and digits only, the most specific first: of several columns that fit, the
 * earliest spelling wins.
 */
const SPELLINGS: Readonly<Record<Role, readonly string[]>> = {
  user: words('userid user uid customerid customer memberid member reviewerid visitorid accountid userkey username'),
  item: words(
    'itemid movieid bookid productid articleid trackid songid artistid gameid businessid videoid item movie book ' +
      'product iid sku asin isbn article track song artist',
  ),
  rating: words('rating score value stars weight overall ratingvalue bookrating userrating playcount plays'),
  quantity: words('playcount plays quantity qty count'),
  event: words('event eventtype type action behavior'),
  timestamp: words('timestamp time ts datetime date unixtime unixreviewtime ratedat createdat eventtime'),
  title: words('title name movietitle booktitle itemname itemtitle productname movie book'),
  categories: words('genres genre categories category tags tag class'),
  available: words('available isavailable instock'),
};

/**
 * The position of the column that plays a role, or -1. Case, separators and a RecBole type suffix do not matter:
 * `User_ID`, `user id` and `user_id:token` are all `userid`.
 */
export function columnOf(role: Role, names: readonly string[]): number {
  const plain = names.map(plainName);
  for (const spelling of SPELLINGS[role]) {
    const position = plain.indexOf(spelling);
    if (position !== -1) return position;
  }
  return -1;
}

/** The position of a column that the caller named, or -1: spelled exactly, else spelled alike but for case and blanks. */
export function namedColumn(name: string, names: readonly string[]): number {
  const exact = names.indexOf(name);
  const folded = name.trim().toLowerCase();
  return exact !== -1 ? exact : names.findIndex(other => other.trim().toLowerCase() === folded);
}

/** Names shown in a message: enough to find the right one, short enough for a terminal. */
const SHOWN = 20;

/** The names of columns for a message, such as `"userId", "itemId" and 3 more`. */
export function quotedNames(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN).map(name => `"${name.length > 40 ? `${name.slice(0, 40)}…` : name}"`);
  return shown.join(', ') + (names.length > SHOWN ? ` and ${names.length - SHOWN} more` : '');
}

function plainName(name: string): string {
  return name
    .replace(/:(token|token_seq|float|float_seq)$/, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
}

function words(text: string): readonly string[] {
  return text.split(' ');
}
