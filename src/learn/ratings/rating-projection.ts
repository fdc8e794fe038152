import {
  idChange,
  idProblems,
  idValue,
  numberProblem,
  numberValue,
  secondsValue,
  timeForm,
} from '../../base/tables/field-values.js';
import type { Projection } from '../../base/tables/records.js';

/**
 * What is kept of a record of ratings (`user_id`, `item_id`, `rating` as FLOAT, `seconds` as DOUBLE, `id_change` and
 * `time_form` as `field-values.ts` numbers them) and what makes it unusable.
 */
export function ratingProjection(rated: boolean, timed: boolean): Projection {
  return {
    columns: {
      user_id: idValue('"user"'),
      item_id: idValue('item'),
      rating: rated ? numberValue('rating') : '1::FLOAT',
      seconds: timed ? secondsValue('"timestamp"') : 'NULL::DOUBLE',
      id_change: idChange(['"user"', 'item']),
      time_form: timed ? timeForm('"timestamp"') : 'NULL::UTINYINT',
    },
    problems: [
      ...idProblems('"user"', 'user'),
      ...idProblems('item', 'item'),
      ...(rated ? [numberProblem('rating', 'rating')] : []),
      ...(timed
        ? [
            `WHEN ${secondsValue('"timestamp"')} IS NULL THEN 'the timestamp "' || left(coalesce("timestamp", ''), 40)
              || '" is not a time (seconds, milliseconds or an ISO date)'`,
          ]
        : []),
    ],
  };
}
