import { basename } from 'node:path';
import { ShortlistError } from '../../src/errors.js';
import type { Dataset } from '../../src/learn/dataset/dataset.js';
import type { NamedLists } from '../../src/measure/quality/evaluation.js';
import { type ListFacts, listsFromElsewhere } from '../../src/measure/quality/lists-from-elsewhere.js';
import { type ListOrder, readRecommendations } from '../../src/measure/quality/read-recommendations.js';
import type { Flags, Options } from '../command/command.js';
import { text, texts } from '../command/flag-values.js';

/** The flags of `evaluate` that say which lists of other systems to measure too. */
export const listFlags = {
  recommendations: {
    value: 'FILE...',
    help: 'lists of other systems to measure beside: rows of user, item, and rank or score; one file for each system',
    schema: texts().optional(),
  },
  listUserColumn: {
    value: 'NAME',
    help: 'in lists: column with user ids (default: recognised)',
    schema: text().optional(),
  },
  listItemColumn: {
    value: 'NAME',
    help: 'in lists: column with item ids (default: recognised)',
    schema: text().optional(),
  },
  rankColumn: {
    value: 'NAME',
    help: 'in lists: column with ranks, the lowest first (default: recognised)',
    schema: text().optional(),
  },
  scoreColumn: {
    value: 'NAME',
    help: 'in lists: column with scores, the highest first (default: recognised)',
    schema: text().optional(),
  },
} satisfies Flags;

/** Lists of another system, and after the evaluation what there is to know about them. */
export interface MeasuredLists extends NamedLists {
  readonly file: string;
  readonly order: ListOrder;
  readonly rejected: number;
  facts: ListFacts | undefined;
}

/** Names that the figures of an evaluation have already. */
const TAKEN = ['model', 'popularity', 'random', 'als', 'sgd'];

/**
 * Reads the lists that the flags name. A system is called as its file, without folder and endings.
 * @throws ShortlistError what reading throws; `no-usable-rows` for lists of nobody who is in the ratings
 */
export async function readLists(
  flags: Options<typeof listFlags> & { readonly skipBadRows: boolean },
  train: Dataset,
): Promise<MeasuredLists[]> {
  const { recommendations: files = [], listUserColumn, listItemColumn, rankColumn, scoreColumn, skipBadRows } = flags;
  const columns = { userColumn: listUserColumn, itemColumn: listItemColumn, rankColumn, scoreColumn };
  const names = namesOf(files);
  const all: MeasuredLists[] = [];
  for (const [n, file] of files.entries()) {
    const rows = await readRecommendations(file, { ...columns, skipBadRows }).catch(nameListFlags);
    if (!rows.userIds.some(id => train.users.indexOf(id) !== undefined)) {
      throw new ShortlistError(
        'no-usable-rows',
        `${file} has no list of any user of the ratings: its first user is "${rows.userIds[0]}", theirs "${train.users.ids[0]}". ` +
          'Check that both use the same ids.',
        { files: [file] },
      );
    }
    all.push({
      name: names[n]!,
      file,
      order: rows.order,
      rejected: rows.rejected,
      facts: undefined,
      of(users, k) {
        const { lists, facts } = listsFromElsewhere(rows, train, users, k);
        this.facts = facts;
        return lists;
      },
    });
  }
  return all;
}

/** Has an error about columns advise the flags that lists have. */
function nameListFlags(error: unknown): never {
  if (!(error instanceof ShortlistError && error.code === 'missing-column')) throw error;
  const message = error.message
    .replace(/`(user|item)Column`/, (_, role: string) =>
      role === 'user' ? '--list-user-column' : '--list-item-column',
    )
    .replace(/, or say `headerless`[^.]*/, '');
  throw new ShortlistError(error.code, message, error.fields, { cause: error });
}

/** @throws ShortlistError `invalid-option` for flags that do not go together */
export function checkListFlags(flags: Options<typeof listFlags> & { readonly negatives?: unknown }): void {
  const { recommendations, negatives, listUserColumn, listItemColumn, rankColumn, scoreColumn } = flags;
  if (!recommendations && (listUserColumn ?? listItemColumn ?? rankColumn ?? scoreColumn) !== undefined) {
    throw new ShortlistError(
      'invalid-option',
      '--list-user-column, --list-item-column, --rank-column and --score-column have no meaning without --recommendations',
    );
  }
  if (rankColumn !== undefined && scoreColumn !== undefined) {
    throw new ShortlistError(
      'invalid-option',
      'lists have an order by --rank-column or by --score-column, not by both',
    );
  }
  if (recommendations && negatives) {
    throw new ShortlistError(
      'invalid-option',
      '--recommendations are measured against the whole catalogue, so --negatives cannot be given with them',
    );
  }
}

function namesOf(files: readonly string[]): string[] {
  const short = files.map(file =>
    basename(file).replace(/(\.(csv|tsv|txt|dat|data|json|jsonl|ndjson|parquet|gz))+$/i, ''),
  );
  return files.map((file, n) => {
    const name = short[n]!;
    const isClear = name !== '' && !TAKEN.includes(name) && short.indexOf(name) === short.lastIndexOf(name);
    return isClear ? name : file;
  });
}
