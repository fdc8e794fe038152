import { z } from 'zod';
import { numberSchema } from '../../base/options/schema.js';
import { ATTRIBUTE_OPTIONS } from '../../recommend/attribute-filters.js';
import { MAX_AHEAD_SECONDS } from '../../recommend/events/new-interactions.js';
import { MAX_CAREFUL_LIMIT, RANKER, REQUEST_OPTIONS } from '../../recommend/request-options.js';
import { MAX_VALUE } from '../../recommend/value-range.js';
import {
  choiceField,
  cursor,
  filterParameter,
  filtersField,
  flagField,
  flagParameter,
  id,
  listField,
  listParameter,
  loggedId,
  nameParameter,
  namesParameter,
  numberField,
  numberParameter,
  searchText,
  wordField,
} from './parameters.js';

/** Entries of a history: above what a page or a mail needs and far below what would hold up others. */
const MAX_HISTORY = 1000;
/** Users in one batch. Together with `MAX_BATCH_ITEMS` it keeps a reply below about 10 MB. */
const MAX_BATCH_USERS = 1000;
const MAX_BATCH_ITEMS = 100_000;
/** Events in one request. */
const MAX_EVENTS = 1000;
/** Ids that a whole batch leaves out: each user costs a look at every one. */
const MAX_BATCH_EXCLUDED = 1000;
/** Categories in one reply, where nobody says how many: all of them, as a rule. */
const CATEGORY_LIMIT = { ...REQUEST_OPTIONS.limit, meaning: 'Categories wanted.', default: 100 };

/** What takes time for each item of the list is not there for the longest ones. */
const carefulLimit = {
  path: ['limit'],
  error: `expected at most ${MAX_CAREFUL_LIMIT} with explain or diversity`,
};
const isCareful = ({ limit, explain, diversity }: { limit: number; explain?: boolean; diversity: number }): boolean =>
  limit <= MAX_CAREFUL_LIMIT || !(explain || diversity > 0);

export const noParameters = z.strictObject({});

export const userPath = z.strictObject({ userId: id.meta({ description: 'User id as in the ratings.' }) });
export const itemPath = z.strictObject({ itemId: id.meta({ description: 'Item id as in the ratings.' }) });

/** What every list takes, as parameters of a query and as fields of a body. */
const listQuery = {
  limit: numberParameter(REQUEST_OPTIONS.limit),
  exclude: listParameter(REQUEST_OPTIONS.exclude),
  category: namesParameter(REQUEST_OPTIONS.categories),
  match: choiceField(REQUEST_OPTIONS.match),
};
const listBody = {
  limit: numberField(REQUEST_OPTIONS.limit),
  exclude: listField(REQUEST_OPTIONS.exclude),
  only: listField(REQUEST_OPTIONS.only),
  categories: listField(REQUEST_OPTIONS.categories),
  match: choiceField(REQUEST_OPTIONS.match),
};
const filter = filterParameter(ATTRIBUTE_OPTIONS.filters);
const attributeQuery = { filter, attributes: listParameter(ATTRIBUTE_OPTIONS.attributes) };
const attributeBody = {
  filters: filtersField(ATTRIBUTE_OPTIONS.filters),
  attributes: listField(ATTRIBUTE_OPTIONS.attributes),
};

export const recommendQuery = z
  .strictObject({
    ...listQuery,
    includeSeen: flagParameter(REQUEST_OPTIONS.includeSeen),
    coldShare: numberParameter(REQUEST_OPTIONS.coldShare),
    diversity: numberParameter(REQUEST_OPTIONS.diversity),
    explain: flagParameter(REQUEST_OPTIONS.explain),
    ranker: wordField(RANKER),
    cursor,
    ...attributeQuery,
  })
  .refine(isCareful, carefulLimit);

export const similarQuery = z
  .strictObject({
    ...listQuery,
    coldShare: numberParameter(REQUEST_OPTIONS.coldShare),
    diversity: numberParameter(REQUEST_OPTIONS.diversity),
    cursor,
    ...attributeQuery,
  })
  .refine(isCareful, carefulLimit);

export const similarBody = z
  .strictObject({
    itemId: id.meta({ description: 'Item id as in the ratings.' }),
    ...listBody,
    coldShare: numberField(REQUEST_OPTIONS.coldShare),
    diversity: numberField(REQUEST_OPTIONS.diversity),
    cursor,
    ...attributeBody,
  })
  .refine(isCareful, carefulLimit);

export const popularQuery = z
  .strictObject({
    ...listQuery,
    category: nameParameter(REQUEST_OPTIONS.categories),
    diversity: numberParameter(REQUEST_OPTIONS.diversity),
    ranker: wordField(RANKER),
    cursor,
    ...attributeQuery,
  })
  .refine(isCareful, carefulLimit);

export const findItemsQuery = z.strictObject({
  query: searchText.default('').meta({
    description:
      'Text to find in titles and ids, whatever its case, accents and Unicode form. Where it is nowhere, words that begin ' +
      'like it but for one typo are found. Empty: the most rated items.',
  }),
  limit: numberParameter(REQUEST_OPTIONS.limit),
  cursor,
  filter,
});

export const categoriesQuery = z.strictObject({
  query: searchText.default('').meta({ description: 'Text to find in names, as items are found. Empty: all.' }),
  limit: numberParameter(CATEGORY_LIMIT),
  cursor,
});

export const rollbackQuery = z.strictObject({
  to: id.exactOptional().meta({ description: 'Id of the snapshot to go back to. Default: the one before.' }),
});

const value = numberSchema({ kind: 'real', min: -MAX_VALUE, max: MAX_VALUE });

const historyEntry = z.strictObject({
  itemId: id,
  value: value.exactOptional().meta({
    description:
      'Rating or weight: within the scale of the ratings, or negative for a dislike, no larger than the scale goes. For als, ' +
      'a value below the rating threshold says nothing, and a negative one below it that ' +
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
    ...listBody,
    includeSeen: flagField(REQUEST_OPTIONS.includeSeen),
    coldShare: numberField(REQUEST_OPTIONS.coldShare),
    diversity: numberField(REQUEST_OPTIONS.diversity),
    explain: flagField(REQUEST_OPTIONS.explain),
    ranker: wordField(RANKER),
    cursor,
    ...attributeBody,
  })
  .refine(isCareful, carefulLimit);

export const batchBody = z
  .strictObject({
    userIds: z
      .array(id, 'expected a list')
      .min(1, 'expected at least one user id')
      .max(MAX_BATCH_USERS, `expected at most ${MAX_BATCH_USERS} entries`),
    limit: numberField(REQUEST_OPTIONS.limit),
    exclude: listField({ ...REQUEST_OPTIONS.exclude, most: MAX_BATCH_EXCLUDED }),
    ranker: wordField(RANKER),
    ...attributeBody,
  })
  .refine(({ userIds, limit }) => userIds.length * limit <= MAX_BATCH_ITEMS, {
    path: ['limit'],
    error: `expected userIds × limit to be at most ${MAX_BATCH_ITEMS}; ask for fewer users or fewer items at a time`,
  });

const eventTime = `expected an ISO 8601 time with Z or an offset, from 1970 on and at most ${MAX_AHEAD_SECONDS / 60} minutes ahead`;

const event = z.strictObject({
  userId: loggedId,
  itemId: loggedId.meta({ description: 'Known to the snapshot or not: it may be in the next one.' }),
  value: value.exactOptional().meta({
    description:
      'Rating or weight, if the ratings of the snapshot have any: within their scale, or negative for a dislike, no larger ' +
      'than the scale goes; a quantity above 0. Default: the mean of them.',
  }),
  timestamp: z.iso
    .datetime({ offset: true, abort: true, error: eventTime })
    .refine(text => Date.parse(text) >= 0 && Date.parse(text) <= Date.now() + MAX_AHEAD_SECONDS * 1000, {
      abort: true,
      error: eventTime,
    })
    .exactOptional()
    .meta({ description: 'ISO 8601 with Z or an offset, such as `2026-01-31T12:00:00Z`. Default: now.' }),
});

export const eventsBody = z.strictObject({
  events: z
    .array(event, 'expected a list')
    .min(1, 'expected at least one event')
    .max(MAX_EVENTS, `expected at most ${MAX_EVENTS} events`),
});
