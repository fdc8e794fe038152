import {
  EARLIEST_SECONDS,
  idChange,
  idProblems,
  idValue,
  numberProblem,
  numberValue,
  secondsValue,
  timeForm,
} from '../../base/tables/field-values.js';
import type { Projection } from '../../base/tables/records.js';

/** Which columns of a file count, beside those of the ids. */
export interface RatingColumns {
  /** Undefined where there are no values, or none that count. */
  readonly value: 'rating' | 'quantity' | undefined;
  readonly timed: boolean;
  readonly typed: boolean;
}

/**
 * What is kept of a record of ratings (`user_id`, `item_id`, `rating` as FLOAT, `seconds` as DOUBLE, `event_type` in lower
 * case, null in files without types, `id_change` and `time_form` as `field-values.ts` numbers them) and what makes it
 * unusable.
 */
export function ratingProjection({ value, timed, typed }: RatingColumns): Projection {
  return {
    columns: {
      user_id: idValue('"user"'),
      item_id: idValue('item'),
      rating: value ? numberValue(value) : '1::FLOAT',
      seconds: timed ? secondsValue('"timestamp"') : 'NULL::DOUBLE',
      event_type: typed ? `lower(trim(coalesce(event, '')))` : 'NULL::VARCHAR',
      id_change: idChange(['"user"', 'item']),
      time_form: timed ? timeForm('"timestamp"') : 'NULL::UTINYINT',
    },
    problems: [
      ...idProblems('"user"', 'user'),
      ...idProblems('item', 'item'),
      ...(value ? [numberProblem(value, value)] : []),
      ...(timed
        ? [
            `WHEN NOT coalesce(${secondsValue('"timestamp"')} >= ${EARLIEST_SECONDS}, false) THEN 'the timestamp "' || left(coalesce("timestamp", ''), 40)
              || '" is not a time (seconds, milliseconds or an ISO date)'`,
          ]
        : []),
    ],
  };
}
