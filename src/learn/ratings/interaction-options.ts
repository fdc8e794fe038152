import { ShortlistError } from '../../errors.js';
import { REPEAT_RULES, type RepeatRule, VALUE_KINDS, type ValueKind } from './ratings-table.js';

/** What an event of each type weighs. */
export type EventWeights = Readonly<Record<string, number>>;

/** What rows mean, where they do not say it by themselves: the same for all readers. */
export interface InteractionOptions {
  /** What the values are. Default: judged by the name of their column and by what they are, see `judgeValues`. */
  readonly values?: ValueKind | undefined;
  /**
   * What the value of a user and an item is where several rows name both: the sum, the value of the latest row (of the
   * last one without timestamps), the largest, or the number of rows. What a sum or a number of ratings is counts as a
   * quantity. Default: `sum` for quantities and rows without values, `last` for ratings and labels.
   */
  readonly repeats?: RepeatRule | undefined;
  /**
   * What an event weighs by its type, such as `{ view: 1, cart: 3, purchase: 10 }`, times its quantity where it has one.
   * Case and blanks around do not matter. Types of weight 0 or without one are left out; a negative weight counts against
   * the item. Default: all types count alike.
   */
  readonly eventWeights?: EventWeights | undefined;
}

/** @throws ShortlistError `invalid-option` */
export function checkInteractionOptions({ values, repeats, eventWeights }: InteractionOptions): void {
  checkWord('values', VALUE_KINDS, values);
  checkWord('repeats', REPEAT_RULES, repeats);
  if (eventWeights === undefined) return;
  if (values === 'none') {
    throw new ShortlistError('invalid-option', '`eventWeights` give values, which `values` none would take away.');
  }
  const weights = Object.entries(eventWeights);
  for (const [type, weight] of weights) {
    if (Number.isFinite(weight)) continue;
    throw new ShortlistError('invalid-option', `The weight of the type "${type}" must be a number, got ${weight}.`, {
      option: 'eventWeights',
      value: String(weight),
    });
  }
  if (new Set(weights.map(([type]) => foldedType(type))).size < weights.length) {
    throw new ShortlistError('invalid-option', '`eventWeights` name a type twice; case and blanks do not matter.', {
      option: 'eventWeights',
    });
  }
}

function checkWord(option: string, words: readonly string[], value: string | undefined): void {
  if (value === undefined || words.includes(value)) return;
  throw new ShortlistError('invalid-option', `\`${option}\` must be one of ${words.join(', ')}, got ${value}.`, {
    option,
    value,
  });
}

/** Reads weights as commands write them: `view=1,cart=3,purchase=10`. @throws ShortlistError `invalid-option` */
export function parseEventWeights(text: string): EventWeights {
  const weights = text.split(',').map(part => {
    const match = /^(.*\S)\s*=\s*([-+]?(\d+\.?\d*|\.\d+))\s*$/.exec(part);
    if (match) return [match[1]!.trim(), Number(match[2])] as const;
    throw new ShortlistError(
      'invalid-option',
      `expected types with their weights, such as view=1,cart=3,purchase=10, got "${part.trim()}"`,
      { eventWeights: text },
    );
  });
  return Object.fromEntries(weights);
}

/** A type as it is compared with others. */
export function foldedType(type: string): string {
  return type.trim().toLowerCase();
}

/** How many rows have each type, as folded. */
export type TypeCounts = ReadonlyMap<string, number>;

/** More different values than this are no types: the column tells something else. */
const MOST_TYPES = 30;

/** Lines on the types of events that were found, and how many rows are left out by their type. */
export function aboutTypes(
  counts: TypeCounts,
  weights: EventWeights | undefined,
): { notes: readonly string[]; leftOut: number } {
  if (!weights) {
    if (counts.size < 2 || counts.size > MOST_TYPES) return { notes: [], leftOut: 0 };
    const example = [...counts.keys()].map((type, n) => `${type}=${n + 1}`).join(',');
    return {
      notes: [
        `Events of the types ${listed(counts)} all count alike; weigh them with \`eventWeights\`, such as ${example}.`,
      ],
      leftOut: 0,
    };
  }
  const weightOf = new Map(Object.entries(weights).map(([type, weight]) => [foldedType(type), weight]));
  const part = (keep: (type: string) => boolean) => new Map([...counts].filter(([type]) => keep(type)));
  const zero = part(type => weightOf.get(type) === 0);
  const unknown = part(type => !weightOf.has(type));
  const absent = [...weightOf.keys()].filter(type => !counts.has(type));
  const notes = [
    `Events weigh ${listed(
      part(type => Boolean(weightOf.get(type))),
      type => ` as ${weightOf.get(type)}`,
    )}.`,
  ];
  if (zero.size > 0) notes.push(`Left out, since their weight is 0: ${listed(zero)}.`);
  if (unknown.size > 0) notes.push(`Left out, since \`eventWeights\` has no weight for them: ${listed(unknown)}.`);
  if (absent.length > 0) notes.push(`No event has the type ${absent.map(type => `"${type}"`).join(' or ')}.`);
  const leftOut = [...zero.values(), ...unknown.values()].reduce((sum, count) => sum + count, 0);
  return { notes, leftOut };
}

/** Types shown in a line. */
const SHOWN_TYPES = 20;

function listed(counts: TypeCounts, detail: (type: string) => string = () => ''): string {
  const most = [...counts].sort((a, b) => b[1] - a[1]);
  const shown = most.slice(0, SHOWN_TYPES).map(([type, count]) => `"${type}"${detail(type)} (${count})`);
  if (most.length > SHOWN_TYPES) shown.push(`${most.length - SHOWN_TYPES} more`);
  return shown.join(', ') || 'nothing';
}
