import { withoutRepeats } from './duplicate-rows.js';
import type { InteractionOptions } from './interaction-options.js';
import type { RatingsTable, RepeatRule, ValueKind } from './ratings-table.js';
import { judgeValues } from './value-kind.js';

/** Rows as a reader has them, repeats included. */
export interface InteractionRows extends Omit<RatingsTable, 'duplicates' | 'valueKind' | 'leftOut' | 'notes'> {
  /** Good rows that are not among them. */
  readonly leftOut: number;
  readonly notes: readonly string[];
  /** True where the values are known to be quantities, by the name of their column or since events were weighed. */
  readonly quantities: boolean;
}

/** What all readers end in: judges what the values are and makes one row of the rows of a user and an item. */
export function interactionTable(rows: InteractionRows, options: InteractionOptions): RatingsTable {
  const { quantities, leftOut, notes, ...table } = rows;
  const kind = kindOf(rows, options.values);
  const repeats = options.repeats ?? (kind === 'quantities' || kind === 'none' ? 'sum' : 'last');
  const isBare = kind === 'none' && table.rated;
  return withoutRepeats(
    {
      ...table,
      ...(leftOut > 0 ? { leftOut } : {}),
      ...(notes.length > 0 ? { notes } : {}),
      ...(isBare ? { values: new Float32Array(table.values.length).fill(1), rated: false } : {}),
      valueKind: kindAfter(repeats, kind),
    },
    repeats,
  );
}

function kindOf({ rated, quantities, values }: InteractionRows, said: ValueKind | undefined): ValueKind {
  if (!rated) return 'none';
  return said ?? (quantities ? 'quantities' : judgeValues(values));
}

/** Sums and numbers of ratings are no ratings. */
function kindAfter(repeats: RepeatRule, kind: ValueKind): ValueKind {
  return kind !== 'none' && (repeats === 'sum' || repeats === 'count') ? 'quantities' : kind;
}
