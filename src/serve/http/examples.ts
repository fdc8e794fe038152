import type { z } from 'zod';
import type { ErrorCode } from '../../errors.js';
import { FORMAT_VERSION } from '../../snapshot/manifest.js';
import type { Endpoint } from './endpoint.js';
import type { endpoints } from './endpoints.js';

/** A request and its reply, for the documentation. */
export interface Example {
  /** Of the path and of the query. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  readonly reply: unknown;
}

/** What an endpoint takes of a part; nothing where it leaves the part out. */
type Part<Schema extends z.ZodType> = string extends keyof z.output<Schema> ? unknown : z.output<Schema>;

type BodyOf<Of extends Endpoint> = z.input<NonNullable<Of['body']>>;

type ExampleOf<Of extends Endpoint> = {
  readonly parameters: Part<Of['path']> & Required<Part<Of['query']>>;
  readonly reply: z.output<Of['reply']>;
} & (string extends keyof BodyOf<Of> ? unknown : { readonly body: BodyOf<Of> });

const id = '20260131T120000000Z-0a1b2c3d';
const toyStory = { itemId: '1', title: 'Toy Story (1995)' };
const heat = { itemId: '6', title: 'Heat (1995)' };
const casino = { itemId: '16', title: 'Casino (1995)' };
const cursor = `${id}.k3v9x1.0.2.2`;
const retrieval = { source: 'clusters', candidates: 100, certified: true } as const;
const list = {
  items: [
    { ...casino, score: 0.8125 },
    { ...heat, score: 0.7344 },
  ],
  next: cursor,
  snapshot: id,
  retrieval,
};
const forUser = { userId: '42', ...list, source: 'model', reason: 'trained' } as const;
const details = {
  ...toyStory,
  categories: ['Animation', 'Comedy'],
  ratings: 215,
  meanRating: 3.92,
  attributes: { year: 1995 },
};

/** One for each endpoint: without, the documentation does not compile. */
export const EXAMPLES: { readonly [Name in keyof typeof endpoints]: ExampleOf<(typeof endpoints)[Name]> } = {
  recommendForUser: {
    parameters: {
      userId: '42',
      limit: 2,
      exclude: ['1', '2'],
      category: ['Crime'],
      match: 'any',
      includeSeen: false,
      coldShare: 0.1,
      diversity: 0.3,
      explain: true,
      ranker: 'trending',
      cursor,
      filter: ['year>=1990', 'studio=acme|globex'],
      attributes: ['year'],
    },
    reply: {
      ...forUser,
      items: [
        {
          ...casino,
          score: 0.8125,
          explanation: {
            stage: 'candidates',
            cell: 17,
            rank: 1,
            rankBefore: 2,
            base: 0.0125,
            because: [{ ...heat, contribution: 0.25, similarity: 0.75 }],
          },
        },
      ],
    },
  },
  recommend: {
    parameters: {},
    body: {
      history: [{ itemId: '6', value: 5 }, { itemId: '16' }],
      limit: 2,
      exclude: ['1'],
      categories: ['Crime', 'Drama'],
      match: 'all',
      filters: ['year>=1990', { attribute: 'studio', op: '=', value: ['acme', 'globex'] }],
    },
    reply: { ...forUser, userId: null, source: 'fold-in', reason: 'history' },
  },
  recommendBatch: {
    parameters: {},
    body: { userIds: ['42', 'nobody'], limit: 2 },
    reply: {
      recommendations: [
        forUser,
        {
          ...list,
          userId: 'nobody',
          source: 'popularity',
          reason: 'unknown-user',
          retrieval: { source: 'popularity', candidates: 2, certified: true },
        },
      ],
      snapshot: id,
    },
  },
  logEvents: {
    parameters: {},
    body: { events: [{ userId: '42', itemId: '6', value: 4.5, timestamp: '2026-01-31T12:00:00Z' }] },
    reply: { accepted: 1, unknownItems: 0, snapshot: id },
  },
  similarItems: {
    parameters: {
      itemId: '1',
      limit: 2,
      exclude: ['2'],
      category: ['Crime'],
      match: 'any',
      coldShare: 0.1,
      diversity: 0.3,
      cursor,
      filter: ['year>=1990'],
      attributes: ['year'],
    },
    reply: { ...toyStory, ...list },
  },
  similar: {
    parameters: {},
    body: { itemId: '1', limit: 2, only: ['6', '16'], categories: ['Crime'] },
    reply: { ...toyStory, ...list, next: null },
  },
  popularItems: {
    parameters: {
      limit: 2,
      exclude: ['1'],
      category: 'Crime',
      match: 'any',
      diversity: 0.3,
      ranker: 'damped-mean',
      cursor,
      filter: ['year>=1990'],
      attributes: ['year'],
    },
    reply: { ranker: 'damped-mean', category: 'Crime', items: list.items, next: cursor, snapshot: id },
  },
  findItems: {
    parameters: { query: 'toy', limit: 2, cursor, filter: ['year>=1990'] },
    reply: { items: [details], next: null, snapshot: id },
  },
  findCategories: {
    parameters: { query: 'an', limit: 2, cursor },
    reply: { categories: [{ name: 'Animation', items: 611 }], next: null, snapshot: id },
  },
  item: { parameters: { itemId: '1' }, reply: details },
  snapshot: {
    parameters: {},
    reply: {
      formatVersion: FORMAT_VERSION,
      id,
      created: '2026-01-31T12:00:00.000Z',
      parameters: { algorithm: 'als', factors: 256, iterations: 16, seed: 1 },
      objective: {
        algorithm: 'als',
        regularization: 0.005,
        regularizationExponent: 1,
        unobservedWeight: 0.025,
        alpha: 0,
        minRating: 0,
      },
      dataset: {
        users: 610,
        items: 9724,
        coldItems: 18,
        ratings: 100_836,
        duplicates: 0,
        rejected: 0,
        rated: true,
        meanRating: 3.5,
        valueKind: 'ratings',
        scale: { min: 0.5, max: 5 },
        from: '1996-03-29T18:36:55.000Z',
        to: '2018-09-24T14:27:30.000Z',
      },
      model: { columns: 256, loss: 41_250.5 },
      retrieval: {
        operatingPoint: { source: 'clusters', effort: 24, k: 100 },
        target: 0.99,
        targetReached: true,
        curve: [
          { source: 'clusters', effort: 24, recall: 0.995, recallAtLimit: 0.999, certified: 0.5, p50us: 42.5 },
          { source: 'exact', effort: 'exact', recall: 1, recallAtLimit: 1, certified: 1, p50us: 180 },
        ],
        checked: { users: 610, recall: 0.994, recallAtLimit: 0.998 },
        buildSeconds: { clusters: 1.5 },
        hnsw: null,
        similarity: { effort: 'exact', recall: 1 },
      },
      seconds: { train: 4.5, clusters: 1.5, write: 0.25 },
      files: { 'item-ids.u16': { bytes: 96_270, sha256: '0123456789abcdef'.repeat(4) } },
    },
  },
  reload: { parameters: {}, reply: { snapshot: id, previous: '20260130T120000000Z-4d5e6f70' } },
  rollback: {
    parameters: { to: '20260130T120000000Z-4d5e6f70' },
    reply: { snapshot: '20260130T120000000Z-4d5e6f70', previous: id },
  },
  live: { parameters: {}, reply: { status: 'ok' } },
  ready: { parameters: {}, reply: { status: 'degraded', degraded: ['events'] } },
};

/** What a problem may say; a test holds that every one has its example. */
export const PROBLEM_EXAMPLES: Readonly<Partial<Record<ErrorCode | 'internal-error', string>>> = {
  'invalid-request': 'The request is not valid: limit: expected a whole number from 1 to 1000.',
  'malformed-request': 'The body is not valid UTF-8, the only encoding of JSON.',
  'unknown-category': 'No item is in "Crmie".',
  'unknown-attribute': 'Items have no attribute "colour". There are: year, studio.',
  'invalid-filter': 'The filter "year>=old" needs a number, since year is one.',
  'value-out-of-scale': 'The value 11 is outside of the scale of the data, 0.5 to 5.',
  'invalid-cursor': 'The cursor must be the `next` of an earlier reply, as it came.',
  'cursor-expired': `The list of this cursor is of snapshot ${id}, which no longer answers. Begin again without a cursor.`,
  unauthorized: 'This needs an API key: "Authorization: Bearer KEY".',
  forbidden: 'Nobody may do this here, because this server has no keys.',
  'unknown-item': 'There is no item "zzz" in this snapshot.',
  'events-off': 'This server takes no events. Whoever runs it says where they are kept with EVENTS, or `events`.',
  'not-found': 'There is nothing at /v1/nothing. See /docs for what there is.',
  'unknown-snapshot': `There is no snapshot "yesterday". There are: ${id}.`,
  'method-not-allowed': 'DELETE is not possible here. Possible: GET, HEAD, OPTIONS.',
  'request-timeout': 'The request did not arrive in time.',
  'no-earlier-snapshot': `There is no snapshot older than ${id} to go back to.`,
  'no-snapshot': 'There is no snapshot in this store.',
  'snapshot-damaged': `File item-ids.u16 of snapshot ${id} does not have the checksum that its manifest says.`,
  'body-too-large': 'The body is larger than this server takes: at most 1048576 bytes. Send less at a time.',
  'url-too-long': 'The URL has 20000 characters, at most 16384 are taken. Long lists go into a POST.',
  'unsupported-media-type': 'The body must be JSON, with the header "Content-Type: application/json".',
  'rate-limited': 'More than 600 requests in a minute. Try again after the seconds in Retry-After.',
  'headers-too-large': 'The URL and the headers together are larger than this server takes.',
  'snapshot-unwritable': 'The store of snapshots cannot be written to.',
  'not-ready': 'There is no snapshot yet.',
  'events-unavailable':
    'The events cannot be stored now; some of these may have been. Send them again later. The log of the server tells why.',
  overloaded:
    'More requests came at once than this server can answer soon. Try again after the seconds in Retry-After.',
  'deadline-exceeded': 'The server could not finish this request in time. Ask for less at once, or try again later.',
  'internal-error': 'The request failed for a reason of the server’s own. The log tells more under this request id.',
};
