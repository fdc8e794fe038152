import type { RatingsReading, Remark } from './ratings-reading.js';
import type { RatingsTable } from './ratings-table.js';

/** A user has so many more interactions than the mean, and such a share of all, only as a stand-in for many people. */
const DOMINANT_SHARE = 0.05;
const DOMINANT_TIMES_MEAN = 20;

/** Adds what is odd about the ids of a table to what is known of its files. */
export function withIdRemarks(table: RatingsTable, reading: RatingsReading): RatingsTable {
  return { ...table, reading: { ...reading, remarks: [...reading.remarks, ...idRemarks(table)] } };
}

/** What is odd about the ids of a table. */
export function idRemarks(table: Pick<RatingsTable, 'userIds' | 'itemIds' | 'users'>): Remark[] {
  return [...spellingRemarks('user', table.userIds), ...spellingRemarks('item', table.itemIds), ...dominantUser(table)];
}

function spellingRemarks(role: 'user' | 'item', ids: readonly string[]): Remark[] {
  const remarks: Remark[] = [];
  const shortened = ids.filter(id => /^\d(\.\d+)?e\+\d+$/i.test(id));
  if (shortened.length > 0) {
    const text = `${shortened.length} ${role} ids such as "${shortened[0]}" were shortened by a spreadsheet, which may have made one of several.`;
    remarks.push({ kind: 'exponent-ids', text });
  }
  const alike = casePairs(ids);
  if (alike.length > 0) {
    const [[one, other] = []] = alike;
    const text = `${alike.length} ${role} ids differ from another only in upper and lower case, such as "${other}" and "${one}".`;
    remarks.push({ kind: 'case-only-ids', text });
  }
  return remarks;
}

/** Ids that are another one but for case, each with that one. */
function casePairs(ids: readonly string[]): [string, string][] {
  // Ids without capitals, mostly all, are looked up only if others are there.
  const capitals = ids.filter(id => id !== id.toLowerCase());
  if (capitals.length === 0) return [];
  const first = new Map<string, string>();
  const pairs: [string, string][] = [];
  for (const id of capitals) {
    const other = first.get(id.toLowerCase());
    if (other === undefined) first.set(id.toLowerCase(), id);
    else pairs.push([id, other]);
  }
  for (const id of ids) {
    const other = first.get(id);
    if (other !== undefined) pairs.push([id, other]);
  }
  return pairs;
}

function dominantUser({ userIds, users }: Pick<RatingsTable, 'userIds' | 'users'>): Remark[] {
  const counts = new Uint32Array(userIds.length);
  let most = 0;
  for (const user of users) if (++counts[user]! > counts[most]!) most = user;
  const share = counts[most]! / users.length;
  if (share < DOMINANT_SHARE || share * userIds.length < DOMINANT_TIMES_MEAN) return [];
  const text = `The user "${userIds[most]}" has ${Math.round(share * 100)}% of all interactions; if that is not one person, leave these rows out.`;
  return [{ kind: 'dominant-user', text }];
}
