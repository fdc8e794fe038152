import { ShortlistError } from '../../errors.js';
import { logInteractions } from '../../recommend/events/new-interactions.js';
import { endpoint, listEndpoint } from './endpoint.js';
import { batchText, listAnswer } from './list-text.js';
import { readinessOf } from './readiness.js';
import * as replies from './replies.js';
import * as requests from './requests.js';

/** Users for whom nobody has to wait in line: as many as a page or two ask for. */
const FEW_USERS = 16;

/** What any list may fail with whose parameters are in the query string. */
const LIST_FAILURES = {
  'unknown-category': { in: 'query', field: 'category' },
  'unknown-attribute': { in: 'query', field: 'attributes' },
  'invalid-filter': { in: 'query', field: 'filter' },
  'invalid-cursor': { in: 'query', field: 'cursor' },
  'cursor-expired': { in: 'query', field: 'cursor' },
} as const;
const CURSOR_FAILURES = {
  'invalid-cursor': LIST_FAILURES['invalid-cursor'],
  'cursor-expired': LIST_FAILURES['cursor-expired'],
};
/** The same for a body. */
const ATTRIBUTE_FAILURES = {
  'unknown-attribute': { in: 'body', field: 'attributes' },
  'invalid-filter': { in: 'body', field: 'filters' },
} as const;
const BODY_LIST_FAILURES = {
  'unknown-category': { in: 'body', field: 'categories' },
  ...ATTRIBUTE_FAILURES,
  'invalid-cursor': { in: 'body', field: 'cursor' },
  'cursor-expired': { in: 'body', field: 'cursor' },
} as const;

/** The API, in the order in which routes are tried: the busiest first. */
export const endpoints = {
  recommendForUser: listEndpoint({
    method: 'get',
    tag: 'Recommendations',
    url: '/v1/users/{userId}/recommendations',
    summary: 'Recommendations for a user. Unknown users get the popular items.',
    path: requests.userPath,
    query: requests.recommendQuery,
    failures: LIST_FAILURES,
    // Spelled out: objects that are spread here live until the next major collection, and longer pauses are the price.
    request: ({ path, query }) => ({
      userId: path.userId,
      limit: query.limit,
      exclude: query.exclude,
      categories: query.category,
      match: query.match,
      includeSeen: query.includeSeen,
      coldShare: query.coldShare,
      diversity: query.diversity,
      explain: query.explain,
      ranker: query.ranker,
      cursor: query.cursor,
      filters: query.filter,
      attributes: query.attributes,
    }),
  }),

  recommend: listEndpoint({
    method: 'post',
    tag: 'Recommendations',
    url: '/v1/recommendations',
    summary: 'Recommendations for a user or for a history, with long filters.',
    body: requests.recommendBody,
    failures: { ...BODY_LIST_FAILURES, 'value-out-of-scale': { in: 'body', field: 'history' } },
    request: ({ body }) => body,
  }),

  recommendBatch: endpoint({
    method: 'post',
    tag: 'Recommendations',
    url: '/v1/recommendations/batch',
    summary: 'Recommendations for many users at once.',
    body: requests.batchBody,
    reply: replies.recommendations,
    failures: ATTRIBUTE_FAILURES,
    steps({ body: { userIds } }) {
      const users = new Set(userIds).size;
      return users > FEW_USERS ? users : 0;
    },
    answer: ({ live: { recommender } }, { body }, beginText) => batchText(recommender, body, beginText),
  }),

  logEvents: endpoint({
    method: 'post',
    tag: 'Events',
    url: '/v1/events',
    access: 'write',
    summary: 'Logs new interactions. They count at once: the next recommendations of these users take them in.',
    body: requests.eventsBody,
    reply: replies.loggedEvents,
    failures: {
      'events-off': null,
      'events-unavailable': null,
      'value-out-of-scale': { in: 'body', field: 'events' },
    },
    async answer({ live }, { body: { events } }) {
      const { recommender, events: store } = live;
      if (!store) {
        throw new ShortlistError(
          'events-off',
          'This server takes no events. Whoever runs it says where they are kept with EVENTS, or `events`.',
        );
      }
      await logInteractions(store, events, recommender.manifest);
      const items = new Set(events.map(({ itemId }) => itemId));
      const unknownItems = [...items].filter(itemId => !recommender.knows(itemId)).length;
      return { accepted: events.length, unknownItems, snapshot: recommender.manifest.id };
    },
  }),

  similarItems: endpoint({
    method: 'get',
    tag: 'Items',
    sameForAll: true,
    url: '/v1/items/{itemId}/similar',
    summary: 'The items most similar to an item.',
    path: requests.itemPath,
    query: requests.similarQuery,
    reply: replies.similarItems,
    failures: { ...LIST_FAILURES, 'unknown-item': { in: 'path', field: 'itemId' } },
    answer({ live: { recommender } }, { path: { itemId }, query }, beginText) {
      const { limit, exclude, category: categories, match, coldShare, diversity, cursor } = query;
      const { filter: filters, attributes } = query;
      const options = { exclude, categories, match, coldShare, diversity, cursor, filters, attributes };
      const list = recommender.similarInSteps?.(itemId, limit, options) ?? recommender.similar(itemId, limit, options);
      return listAnswer(list, query, beginText);
    },
  }),

  similar: endpoint({
    method: 'post',
    tag: 'Items',
    url: '/v1/similar',
    summary: 'The items most similar to an item, with long filters.',
    body: requests.similarBody,
    reply: replies.similarItems,
    failures: { ...BODY_LIST_FAILURES, 'unknown-item': { in: 'body', field: 'itemId' } },
    answer({ live: { recommender } }, { body }, beginText) {
      const { itemId, limit } = body;
      const list = recommender.similarInSteps?.(itemId, limit, body) ?? recommender.similar(itemId, limit, body);
      return listAnswer(list, body, beginText);
    },
  }),

  popularItems: endpoint({
    method: 'get',
    tag: 'Items',
    sameForAll: true,
    url: '/v1/popular',
    summary: 'The most popular items, overall or in some categories.',
    query: requests.popularQuery,
    reply: replies.popularItems,
    failures: LIST_FAILURES,
    answer({ live: { recommender } }, { query }, beginText) {
      const request = {
        limit: query.limit,
        exclude: query.exclude,
        categories: query.category === undefined ? undefined : [query.category].flat(),
        match: query.match,
        diversity: query.diversity,
        ranker: query.ranker,
        cursor: query.cursor,
        filters: query.filter,
        attributes: query.attributes,
      };
      return listAnswer(recommender.popularInSteps?.(request) ?? recommender.popular(request), request, beginText);
    },
  }),

  findItems: endpoint({
    method: 'get',
    tag: 'Items',
    sameForAll: true,
    url: '/v1/items',
    summary: 'Finds items by a part of their title or id, the most rated first.',
    query: requests.findItemsQuery,
    reply: replies.foundItems,
    failures: { ...CURSOR_FAILURES, 'invalid-filter': LIST_FAILURES['invalid-filter'] },
    answer({ live: { recommender } }, { query: { query, limit, cursor, filter } }) {
      const options = { cursor, filters: filter };
      return recommender.searchItemsInSteps?.(query, limit, options) ?? recommender.searchItems(query, limit, options);
    },
  }),

  findCategories: endpoint({
    method: 'get',
    tag: 'Items',
    sameForAll: true,
    url: '/v1/categories',
    summary: 'The categories in alphabetical order, or those found by a part of their name.',
    query: requests.categoriesQuery,
    reply: replies.foundCategories,
    failures: CURSOR_FAILURES,
    answer: ({ live }, { query: { query, limit, cursor } }) => live.recommender.categories(query, limit, { cursor }),
  }),

  item: endpoint({
    method: 'get',
    tag: 'Items',
    sameForAll: true,
    url: '/v1/items/{itemId}',
    summary: 'What the catalogue knows about an item.',
    path: requests.itemPath,
    reply: replies.itemDetails,
    failures: { 'unknown-item': { in: 'path', field: 'itemId' } },
    answer: ({ live }, { path }) => live.recommender.item(path.itemId),
  }),

  snapshot: endpoint({
    method: 'get',
    tag: 'Snapshot',
    sameForAll: true,
    url: '/v1/snapshot',
    summary: 'The snapshot that answers: its data, parameters, measured quality and files.',
    reply: replies.snapshotManifest,
    answer: ({ live }) => live.recommender.manifest,
  }),

  reload: endpoint({
    method: 'post',
    tag: 'Snapshot',
    url: '/v1/admin/reload',
    access: 'admin',
    summary: 'Switches to the current snapshot of the store. One that is damaged is refused, and the old one stays.',
    reply: replies.snapshotChange,
    failures: { 'no-snapshot': null, 'snapshot-damaged': null },
    answer: ({ live }) => live.reload(),
  }),

  rollback: endpoint({
    method: 'post',
    tag: 'Snapshot',
    url: '/v1/admin/rollback',
    access: 'admin',
    summary:
      'Switches back to an earlier snapshot, by default the one before, and makes it the current one of the store.',
    query: requests.rollbackQuery,
    reply: replies.snapshotChange,
    failures: {
      'unknown-snapshot': { in: 'query', field: 'to' },
      'no-earlier-snapshot': null,
      'snapshot-damaged': null,
      'snapshot-unwritable': null,
    },
    answer: ({ live }, { query }) => live.rollback(query.to),
  }),

  live: endpoint({
    method: 'get',
    tag: 'Health',
    url: '/health/live',
    access: 'open',
    summary: 'Whether the process answers at all.',
    reply: replies.health,
    answer: () => ({ status: 'ok' as const }),
  }),

  ready: endpoint({
    method: 'get',
    tag: 'Health',
    url: '/health/ready',
    access: 'open',
    summary: 'Whether requests should be sent here: a snapshot is loaded and no shutdown is under way.',
    reply: replies.readiness,
    answer: readinessOf,
  }),
};
