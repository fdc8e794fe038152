import type { Recommendation } from './recommendation.js';
import type { Recommender } from './recommender.js';

/**
 * The same recommendations that the service would give, for one user after the other.
 * @param userIds unknown ids get the popularity list, as they would online
 */
export function* recommendForAll(
  recommender: Pick<Recommender, 'recommend'>,
  userIds: Iterable<string>,
  limit: number,
): Generator<Recommendation & { userId: string }> {
  for (const userId of userIds) yield { ...recommender.recommend({ userId, limit }), userId };
}
