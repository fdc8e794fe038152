import { isSteps, type Steps } from '../../base/threads/steps.js';
import type { RecommendRequest, Tier } from '../../recommend/recommendation.js';
import type { Recommender } from '../../recommend/recommender.js';
import type { LongText } from './long-text.js';

/** Values of attributes from which a list is sent as a long text: some 0.5 ms of text. */
const MANY_VALUES = 2000;

/** Whether the list that a request is for may be too long to be made into text at once. */
function isLongList(request: { readonly limit: number; readonly attributes?: readonly string[] | undefined }): boolean {
  return request.limit * (request.attributes?.length ?? 0) >= MANY_VALUES;
}

/** The answer that a list is, or is yet to be made: as its text where it is long. */
export function listAnswer<Reply extends object>(
  list: Reply | Steps<Reply>,
  request: Parameters<typeof isLongList>[0],
  beginText: () => LongText,
): Reply | Steps<Reply> | Steps<LongText> {
  if (!isLongList(request)) return list;
  return (function* () {
    const reply = isSteps(list) ? yield* list : list;
    const text = beginText();
    yield* addJson(reply, text);
    if ('source' in reply) text.tier = reply.source as Tier;
    return text.end();
  })();
}

/** What a batch asks for: the same for each user. */
interface BatchRequest extends Pick<RecommendRequest, 'limit' | 'exclude' | 'ranker' | 'filters' | 'attributes'> {
  readonly userIds: readonly string[];
}

/** The answer to a batch as text, user by user. One who comes again is answered by the text that is there. */
export function* batchText(
  recommender: Pick<Recommender, 'recommend' | 'manifest'> &
    Partial<Pick<Recommender, 'recommendInSteps' | 'prepareFilters'>>,
  { userIds, limit, exclude, ranker, filters, attributes }: BatchRequest,
  beginText: () => LongText,
): Steps<LongText> {
  const text = beginText();
  text.add('{"recommendations":[');
  if (filters) yield* recommender.prepareFilters?.(filters) ?? [];
  const repeated = repeatedIn(userIds);
  const isLong = isLongList({ limit, attributes });
  const texts = new Map<string, string[]>();
  for (const [i, userId] of userIds.entries()) {
    let pieces = texts.get(userId);
    if (!pieces) {
      const request = { userId, limit, exclude, ranker, filters, attributes };
      const inSteps = recommender.recommendInSteps?.(request);
      const list = inSteps ? yield* inSteps : recommender.recommend(request);
      const made: string[] = [];
      if (isLong) yield* addJson(list, { add: piece => void made.push(piece) });
      else made.push(JSON.stringify(list));
      if (repeated.has(userId)) texts.set(userId, made);
      pieces = made;
    }
    if (i > 0) text.add(',');
    for (const piece of pieces) {
      text.add(piece);
      if (isLong) yield;
    }
    if (!isLong) yield;
  }
  text.add(`],"snapshot":${JSON.stringify(recommender.manifest.id)}}`);
  return text.end();
}

/** Adds the JSON of a reply to a text, item by item. */
function* addJson(reply: object, text: Pick<LongText, 'add'>): Steps<void> {
  let before = '{';
  for (const [name, value] of Object.entries(reply)) {
    if (value === undefined) continue;
    text.add(`${before}${JSON.stringify(name)}:`);
    before = ',';
    if (name !== 'items') {
      text.add(JSON.stringify(value));
      continue;
    }
    text.add('[');
    for (const [i, item] of value.entries()) {
      text.add(i === 0 ? JSON.stringify(item) : `,${JSON.stringify(item)}`);
      yield;
    }
    text.add(']');
  }
  text.add('}');
}

/** Those of some texts that come more than once. */
function repeatedIn(texts: readonly string[]): Set<string> {
  const known = new Set<string>();
  return new Set(texts.filter(text => known.size === known.add(text).size));
}
