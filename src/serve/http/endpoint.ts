import type { z } from 'zod';
import type { Steps } from '../../base/threads/steps.js';
import type { ErrorCode } from '../../errors.js';
import type { EventStore } from '../../recommend/events/event-store.js';
import type { SnapshotChange } from '../../recommend/live-snapshot.js';
import type { RecommendRequest } from '../../recommend/recommendation.js';
import type { Recommender } from '../../recommend/recommender.js';
import { listAnswer } from './list-text.js';
import type { LongText } from './long-text.js';
import { type FieldError, recommendation } from './replies.js';
import { noParameters } from './requests.js';

/** What the API asks of a recommender. */
export type RecommendationService = Pick<
  Recommender,
  'recommend' | 'recallOf' | 'similar' | 'popular' | 'item' | 'searchItems' | 'categories' | 'knows' | 'manifest'
> &
  // Without these, what takes long holds up others.
  Partial<
    Pick<
      Recommender,
      'recommendInSteps' | 'similarInSteps' | 'popularInSteps' | 'searchItemsInSteps' | 'prepareFilters'
    >
  >;

/** What the API answers from: a `LiveSnapshot`, or what does as it does. */
export interface Live {
  /** Throws `not-ready` while there is none. */
  readonly recommender: RecommendationService;
  readonly isReady: boolean;
  /** Of new interactions. Undefined: they are not taken. */
  readonly events?: Pick<EventStore, 'append' | 'status'> | undefined;
  reload(): Promise<SnapshotChange>;
  rollback(to?: string): Promise<SnapshotChange>;
}

/** What an endpoint knows beside the request. */
export interface ServerState {
  readonly live: Live;
  /** Whether a shutdown is under way: replies then end their connection, so that requests go elsewhere. */
  readonly stopping: boolean;
  /** Whether another process has taken its place, so that the service is as ready as ever while this one ends. */
  readonly replaced: boolean;
}

/** What an endpoint is given: the three parts of a request, each checked against its schema. */
export interface EndpointInput<Path, Query, Body> {
  readonly path: Path;
  readonly query: Query;
  readonly body: Body;
}

/** What an answer may hand out without a copy. */
type ReadonlyDeep<T> = T extends object ? { readonly [Key in keyof T]: ReadonlyDeep<T[Key]> } : T;

/** Ways in which an endpoint can fail, each with the part of the request that causes it, or null where none does. */
export type Failures = Readonly<Partial<Record<ErrorCode, Omit<FieldError, 'message'> | null>>>;

/** What a key has to be good for, where there are keys. `open` never needs one. */
export type Access = 'open' | 'read' | 'write' | 'admin';

/** Groups of endpoints in the documentation, in its order, with what they are for. */
export const TAGS = {
  Recommendations: 'Lists for a user, for a history, or for many users at once.',
  Items: 'What the catalogue knows: similar and popular items, search, details.',
  Events: 'New interactions, which count at once.',
  Snapshot: 'What answers, and the change to another one.',
  Health: 'For load balancers and orchestrators.',
} as const;
export type Tag = keyof typeof TAGS;

/** One operation of the API. Validation, routing, OpenAPI and the client all come from this. */
export interface Endpoint<
  Path extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Reply extends z.ZodType = z.ZodType,
> {
  readonly method: 'get' | 'post';
  readonly access: Access;
  /** With parameters in braces, as OpenAPI writes them. */
  readonly url: string;
  readonly summary: string;
  readonly tag: Tag;
  /** Whether the reply follows from the URL and the snapshot alone, so that caches may keep it. */
  readonly sameForAll: boolean;
  readonly path: Path;
  readonly query: Query;
  /** Only where there is one. */
  readonly body?: Body;
  readonly reply: Reply;
  /** Beside those that every endpoint shares. */
  readonly failures: Failures;
  /** Only where the answer is one list: what the recommender is asked for. */
  request?(input: EndpointInput<z.output<Path>, z.output<Query>, z.output<Body>>): RecommendRequest;
  /** Only where the answer may be a batch: the steps of its work that take time, or 0 where it is as short as others. */
  steps?(input: EndpointInput<z.output<Path>, z.output<Query>, z.output<Body>>): number;
  /** What takes more than a few milliseconds is made in steps. */
  answer(
    state: ServerState,
    input: EndpointInput<z.output<Path>, z.output<Query>, z.output<Body>>,
    /** For a reply too long to be made at once: its text. Throws `overloaded` where others have all the memory. */
    beginText: () => LongText,
  ): Answer<ReadonlyDeep<z.output<Reply>>>;
}

/** A reply at once, later, or in steps; a long one as its text. */
export type Answer<Reply> = Reply | Promise<Reply> | Steps<Reply> | Steps<LongText>;

type Nothing = typeof noParameters;

/** What an endpoint may leave out: it then reads, for one caller, without path and query parameters, without failures of its own. */
interface Optional<Path extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType> {
  readonly path?: Path;
  readonly query?: Query;
  readonly body?: Body;
  readonly failures?: Failures;
  readonly access?: Access;
  readonly sameForAll?: boolean;
  steps?(input: EndpointInput<z.output<Path>, z.output<Query>, z.output<Body>>): number;
}

export function endpoint<
  Reply extends z.ZodType,
  Path extends z.ZodType = Nothing,
  Query extends z.ZodType = Nothing,
  Body extends z.ZodType = Nothing,
>(
  parts: Pick<Endpoint<Path, Query, Body, Reply>, 'method' | 'url' | 'summary' | 'tag' | 'reply' | 'answer'> &
    Optional<Path, Query, Body>,
): Endpoint<Path, Query, Body, Reply> {
  // The cast is sound: a schema type parameter is `Nothing` exactly when its schema was left out.
  const presets = { access: 'read', sameForAll: false, path: noParameters, query: noParameters, failures: {} };
  return { ...presets, ...parts } as Endpoint<Path, Query, Body, Reply>;
}

/** An endpoint that answers with one list of recommendations. */
export function listEndpoint<
  Path extends z.ZodType = Nothing,
  Query extends z.ZodType = Nothing,
  Body extends z.ZodType = Nothing,
>(
  parts: Pick<Endpoint<Path, Query, Body, typeof recommendation>, 'method' | 'url' | 'summary' | 'tag'> &
    Required<Pick<Endpoint<Path, Query, Body, typeof recommendation>, 'request'>> &
    Optional<Path, Query, Body>,
): Endpoint<Path, Query, Body, typeof recommendation> {
  return endpoint({
    ...parts,
    reply: recommendation,
    answer({ live: { recommender } }, input, beginText) {
      const request = parts.request(input);
      const list = recommender.recommendInSteps?.(request) ?? recommender.recommend(request);
      return listAnswer(list, request, beginText);
    },
  });
}
