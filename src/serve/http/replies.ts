import { z } from 'zod';
import { RANKER_NAMES } from '../../learn/model/popularity.js';
import { REASONS, TIERS } from '../../recommend/recommendation.js';
import { SOURCE_KINDS } from '../../retrieve/candidate-source.js';
import { manifestSchema } from '../../snapshot/manifest.js';

/** The shapes of `recommend/recommendation.ts` as the API promises them. The compiler holds the two together. */

const snapshot = z.string().meta({ description: 'Id of the snapshot that answered.' });

const next = z.string().nullable().meta({
  description: 'The `cursor` that a request for what follows takes; null where the list ends.',
});

const contribution = z.strictObject({
  itemId: z.string(),
  title: z.string().exactOptional(),
  contribution: z.number().meta({
    description: 'What it adds to the score. With `base`, the contributions of the whole history add up to the score.',
  }),
  similarity: z.number().meta({ description: 'Cosine of the two items.' }),
});

const explanation = z.strictObject({
  stage: z.enum(['candidates', 'cold', 'popularity']).meta({
    description:
      'Where it came from: the candidate source, there as an item without ratings whose categories speak for it, or ' +
      'the popularity ranking.',
  }),
  cell: z.int().min(0).nullable().meta({ description: 'The cell that holds it; null in a popularity ranking.' }),
  rank: z.int().min(1),
  rankBefore: z.int().min(1).meta({
    description: 'Place by score among the candidates, before diversity and the bound on items without ratings.',
  }),
  base: z.number().meta({ description: 'Part of the score that no item of the history accounts for.' }),
  because: z.array(contribution).meta({ description: 'The past items that contributed most, most first.' }),
});

const attributes = z
  .record(z.string(), z.union([z.number(), z.boolean(), z.string(), z.array(z.string())]))
  .exactOptional();

const recommendedItem = z
  .strictObject({
    itemId: z.string(),
    score: z.number().meta({ description: 'Higher is better. Comparable inside one reply only.' }),
    title: z.string().exactOptional(),
    attributes: attributes.meta({ description: 'Those that the request named, as far as the item has them.' }),
    explanation: explanation.exactOptional(),
  })
  .meta({ id: 'RecommendedItem' });

const retrieval = z
  .strictObject({
    source: z.enum([...SOURCE_KINDS, 'popularity', 'precomputed']),
    candidates: z
      .int()
      .min(0)
      .meta({
        description:
          'Different items that were scored for this list: those whose vectors the search compared, never more than the ' +
          'catalogue has; of a list that was looked up, the items in it.',
      }),
    certified: z.boolean().meta({
      description:
        'True only when the list is proven, by what computed it for this reply, to be the exact one: the best by score ' +
        'within the filters and the bound on items without ratings. Never with `diversity`, or of a precomputed list.',
    }),
  })
  .meta({ id: 'Retrieval' });

export const recommendation = z
  .strictObject({
    userId: z.string().nullable(),
    items: z.array(recommendedItem),
    next,
    source: z
      .enum(TIERS)
      .meta({ description: 'What the reply rests on: the trained user, a history or new events, or popularity.' }),
    reason: z.enum(REASONS).meta({
      description:
        'Why. `trained`; `few-interactions`: trained, and blended with the average user in good part; `history`: of the ' +
        'request; `events`: new ones; and for popularity `no-user` and no history in the request; `unknown-user`; ' +
        '`not-trained`: none of ' +
        'the user’s ratings reaches the threshold; `history-unknown`: none of its items is in the snapshot; ' +
        '`history-without-likes`.',
    }),
    snapshot,
    retrieval,
  })
  .meta({ id: 'Recommendation' });

export const recommendations = z.strictObject({
  recommendations: z.array(recommendation).meta({ description: 'One for each user id, in the order of the request.' }),
  snapshot,
});

export const similarItems = z
  .strictObject({
    itemId: z.string(),
    title: z.string().exactOptional(),
    items: z.array(recommendedItem),
    next,
    snapshot,
    retrieval,
  })
  .meta({ id: 'SimilarItems' });

export const popularItems = z
  .strictObject({
    ranker: z.enum(RANKER_NAMES),
    category: z
      .string()
      .nullable()
      .meta({ description: 'The one that was asked for; null where none or several were.' }),
    items: z.array(recommendedItem),
    next,
    snapshot,
  })
  .meta({ id: 'PopularItems' });

export const itemDetails = z
  .strictObject({
    itemId: z.string(),
    title: z.string().exactOptional(),
    categories: z.array(z.string()),
    ratings: z.int().min(0).meta({ description: 'Ratings of it in the snapshot.' }),
    meanRating: z
      .number()
      .nullable()
      .meta({ description: 'Null where there are no ratings; of labels the share that says yes.' }),
    attributes: attributes.meta({ description: 'All that it has. Only where the snapshot has any.' }),
  })
  .meta({ id: 'Item' });

export const foundItems = z.strictObject({ items: z.array(itemDetails), next, snapshot });

export const foundCategories = z.strictObject({
  categories: z.array(
    z.strictObject({
      name: z.string(),
      items: z.int().min(0).meta({ description: 'Items in it that are available.' }),
    }),
  ),
  next,
  snapshot,
});

export const loggedEvents = z.strictObject({
  accepted: z.int().min(0).meta({ description: 'Events of the request, all of which are safe on disk.' }),
  unknownItems: z.int().min(0).meta({
    description: 'Different items among them that the snapshot does not know. They count once a snapshot does.',
  }),
  snapshot,
});

export const snapshotManifest = manifestSchema.meta({ id: 'Snapshot' });

export const snapshotChange = z.strictObject({
  snapshot: snapshot.meta({ description: 'Id of the snapshot that answers from now on.' }),
  previous: z.string().meta({ description: 'The one that answered before; the same when nothing had to change.' }),
});

export const health = z.strictObject({ status: z.literal('ok') });

export const readiness = z.strictObject({
  status: z.enum(['ok', 'degraded']).meta({
    description: '`degraded`: requests should be sent here all the same, but a part does not work.',
  }),
  degraded: z.array(z.literal('events')).exactOptional().meta({
    description: 'Parts that do not work. `events`: POST /v1/events answers 503, recommendations go on.',
  }),
});

/** RFC 9457 problem details. */
export const problem = z
  .strictObject({
    type: z.string().meta({ description: 'Identifies the kind of problem; relative to this server.' }),
    title: z.string(),
    status: z.int(),
    detail: z.string().meta({ description: 'What was expected, what came, and what to do.' }),
    code: z.string().meta({ description: 'The kind of problem as one word, stable, for programs.' }),
    requestId: z.string().meta({ description: 'Also in the X-Request-Id header and in the log.' }),
    errors: z
      .array(
        z.strictObject({
          in: z.enum(['path', 'query', 'body', 'header']),
          field: z.string().meta({ description: 'Such as `limit` or `history[0].itemId`; empty for the whole.' }),
          message: z.string(),
        }),
      )
      .exactOptional(),
  })
  .meta({ id: 'Problem' });

export type Problem = z.infer<typeof problem>;
export type FieldError = NonNullable<Problem['errors']>[number];
