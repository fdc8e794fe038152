import { z } from 'zod';
import { RANKER_NAMES } from '../../learn/model/popularity.js';
import { DEFAULT_COLD_SHARE, MAX_CAREFUL_LIMIT } from '../../recommend/recommendation.js';
import { DEFAULT_RANKER } from '../../recommend/recommender.js';
import {
  DEFAULT_LIMIT,
  flagParameter,
  id,
  limit,
  limitParameter,
  listParameter,
  loggedId,
  searchText,
  share,
  shareParameter,
} from './parameters.js';

/** Bounds of the lists in a JSON body. Each is above what a page or a mail needs and far below what would hold up others. */
const MAX_EXCLUDED = 10_000;
const MAX_HISTORY = 1000;
const MAX_CATEGORIES = 100;
/** Users in one batch. Together with `MAX_BATCH_ITEMS` it keeps a reply below about 10 MB. */
const MAX_BATCH_USERS = 1000;
const MAX_BATCH_ITEMS = 100_000;
/** Events in one request. */
const MAX_EVENTS = 1000;
/** How far the clock of a client may be ahead, in milliseconds: a time zone that was mistaken for UTC. */
const MAX_AHEAD_MS = 86_400_000;
/** Largest rating or weight in a history, either sign: ample for play counts, and its square stays exact in float32. */
const MAX_VALUE = 1e6;
const valueRange = `expected a number from ${-MAX_VALUE} to ${MAX_VALUE}`;

const ids = (most: number) => z.array(id, 'expected a list').max(most, `expected at most ${most} entries`);

const exclude = 'Item ids that must not come back. Unknown ids are ignored.';
const categories = 'Only items in these categories come back: in at least one of them, or in all with `match`.';
const match = 'Whether an item must be in any of the categories or in all of them.';
const includeSeen = 'Whether items that the user has rated already may come back.';
const explain =
  'Adds to each item where it came from, its rank before and after diversity and the bound on items without ratings, ' +
  `and the items of the user’s own history that contributed most to its score. Takes a limit of at most ${MAX_CAREFUL_LIMIT}.`;
const coldShare =
  'Share of the list that items without ratings may take at most: floor(limit × share) of them, more only where there ' +
  'are not enough others.';
const diversity =
  'How much the items of the list are to differ from one another: 0 ranks by score alone, towards 1 an item loses more ' +
  'of its place for being like a better one (maximal marginal relevance among four times as many candidates). Above 0 it ' +
  `takes a limit of at most ${MAX_CAREFUL_LIMIT}.`;
const anyOrAll = z.enum(['any', 'all'], 'expected any or all').default('any').meta({ description: match });
/** What takes time for each item of the list is not there for the longest ones. */
const carefulLimit = {
  path: ['limit'],
  error: `expected at most ${MAX_CAREFUL_LIMIT} with explain or diversity`,
};
const isCareful = ({ limit, explain, diversity }: { limit: number; explain: boolean; diversity: number }): boolean =>
  limit <= MAX_CAREFUL_LIMIT || !(explain || diversity > 0);
const orCommas =
  ' Repeat the parameter or separate with commas; a value that contains a comma goes into the POST form.';

export const noParameters = z.strictObject({});

export const userPath = z.strictObject({ userId: id.meta({ description: 'User id as in the ratings.' }) });
export const itemPath = z.strictObject({ itemId: id.meta({ description: 'Item id as in the ratings.' }) });

export const limitQuery = z.strictObject({ limit: limitParameter });

export const recommendQuery = z
  .strictObject({
    limit: limitParameter,
    exclude: listParameter.optional().meta({ description: exclude + orCommas }),
    category: listParameter.optional().meta({ description: categories + orCommas }),
    match: anyOrAll,
    includeSeen: flagParameter.meta({ description: includeSeen }),
    coldShare: shareParameter.default(DEFAULT_COLD_SHARE).meta({ description: coldShare }),
    diversity: shareParameter.default(0).meta({ description: diversity }),
    explain: flagParameter.meta({ description: explain }),
  })
  .refine(isCareful, carefulLimit);

export const popularQuery = z.strictObject({
  limit: limitParameter,
  category: id.exactOptional().meta({ description: 'Rank inside this category only.' }),
  ranker: z
    .enum(RANKER_NAMES, `expected one of ${RANKER_NAMES.join(', ')}`)
    .default(DEFAULT_RANKER)
    .meta({ description: 'Popularity ranker.' }),
});

export const findItemsQuery = z.strictObject({
  query: searchText.default('').meta({
    description: 'Text to find in titles and ids, upper and lower case alike. Empty: the most popular items.',
  }),
  limit: limitParameter,
});

export const rollbackQuery = z.strictObject({
  to: id.exactOptional().meta({ description: 'Id of the snapshot to go back to. Default: the one before.' }),
});

const value = z.number(valueRange).min(-MAX_VALUE, valueRange).max(MAX_VALUE, valueRange);

const historyEntry = z.strictObject({
  itemId: id,
  value: value.exactOptional().meta({
    description:
      'Rating or weight. For als, a value below the rating threshold says nothing, and a negative one below it that ' +
      'the item is disliked. Default: it is only known that the user met the item.',
  }),
});

export const recommendBody = z
  .strictObject({
    userId: id.exactOptional().meta({ description: 'Unknown or missing: the history, or else popularity, answers.' }),
    history: z
      .array(historyEntry, 'expected a list')
      .max(MAX_HISTORY, `expected at most ${MAX_HISTORY} entries`)
      .exactOptional()
      .meta({ description: 'Items that the user is known to like or dislike, for users the snapshot does not know.' }),
    limit: limit.default(DEFAULT_LIMIT),
    exclude: ids(MAX_EXCLUDED).exactOptional().meta({ description: exclude }),
    only: ids(MAX_EXCLUDED).exactOptional().meta({ description: 'Only these items may come back.' }),
    categories: ids(MAX_CATEGORIES).exactOptional().meta({ description: categories }),
    match: anyOrAll,
    includeSeen: z.boolean().default(false).meta({ description: includeSeen }),
    coldShare: share.default(DEFAULT_COLD_SHARE).meta({ description: coldShare }),
    diversity: share.default(0).meta({ description: diversity }),
    explain: z.boolean().default(false).meta({ description: explain }),
  })
  .refine(isCareful, carefulLimit);

export const batchBody = z
  .strictObject({
    userIds: ids(MAX_BATCH_USERS).min(1, 'expected at least one user id'),
    limit: limit.default(DEFAULT_LIMIT),
  })
  .refine(({ userIds, limit }) => userIds.length * limit <= MAX_BATCH_ITEMS, {
    path: ['limit'],
    error: `expected userIds × limit to be at most ${MAX_BATCH_ITEMS}; ask for fewer users or fewer items at a time`,
  });

const eventTime = 'expected an ISO 8601 time with Z or an offset, from 1970 on and not in the future';

const event = z.strictObject({
  userId: loggedId,
  itemId: loggedId.meta({ description: 'Known to the snapshot or not: it may be in the next one.' }),
  value: value.exactOptional().meta({
    description: 'Rating or weight, if the ratings of the snapshot have any. Default: the mean of them.',
  }),
  timestamp: z.iso
    .datetime({ offset: true, error: eventTime })
    .refine(text => Date.parse(text) >= 0 && Date.parse(text) < Date.now() + MAX_AHEAD_MS, eventTime)
    .exactOptional()
    .meta({ description: 'ISO 8601 with Z or an offset, such as `2026-01-31T12:00:00Z`. Default: now.' }),
});

export const eventsBody = z.strictObject({
  events: z
    .array(event, 'expected a list')
    .min(1, 'expected at least one event')
    .max(MAX_EVENTS, `expected at most ${MAX_EVENTS} events`),
});
