import { appendFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { makeDirectory } from '../../base/files/make-directory.js';
import { writeWhole } from '../../base/files/temporary.js';
import { numbers } from '../../base/options/schema.js';
import { messageOf, ShortlistError } from '../../errors.js';
import { bestTrial, type TuneTrial, trialKey } from './search.js';
import { TUNED_NAMES } from './space.js';

const trialSchema = z.strictObject({
  rung: z.int().min(0),
  parameters: z.strictObject(numbers(TUNED_NAMES)),
  value: z.number(),
  seconds: z.number(),
});
/** A trial and what came of it. */
export type FinishedTrial = z.output<typeof trialSchema>;

/** What trials must have in common to be compared: data, protocol, metric, fixed options. Texts, to be shown. */
export type TuningSubject = Readonly<Record<string, string>>;

const headerSchema = z.strictObject({ tuning: z.literal(1), subject: z.record(z.string(), z.string()) });

/**
 * The finished trials of a search, kept in a directory:
 * - `trials.jsonl` the state: a line that says what is searched, then a line for each trial, appended when it is done
 * - `trials.csv` the same as a table
 * - `parameters.json` the best parameters so far, for commands that train
 */
export class TuningState {
  readonly #byKey = new Map<string, FinishedTrial>();

  /**
   * Takes up what the directory holds, or begins anew where it holds nothing.
   * @throws ShortlistError `tuning-mismatch` for trials of another subject, `output-unwritable`
   */
  static open(directory: string, subject: TuningSubject): TuningState {
    const path = join(directory, 'trials.jsonl');
    const state = new TuningState(directory, subject);
    orUnwritable(path, () => {
      makeDirectory(directory);
      const text = readIfThere(path);
      // A process that was killed while it wrote leaves half a line, and only at the end.
      const whole = text.slice(0, text.lastIndexOf('\n') + 1);
      if (whole === '') return writeFileSync(path, `${JSON.stringify({ tuning: 1, subject })}\n`);
      if (whole.length < text.length) truncateSync(path, Buffer.byteLength(whole));
      const [header, ...lines] = whole.trimEnd().split('\n');
      checkSubject(path, header!, subject);
      for (const [n, line] of lines.entries()) state.#remember(parseTrial(path, line, n + 2));
    });
    return state;
  }

  private constructor(
    readonly directory: string,
    readonly subject: TuningSubject,
  ) {}

  get trials(): readonly FinishedTrial[] {
    return [...this.#byKey.values()];
  }

  /** Seconds that all trials took together, in this run and those before. */
  get seconds(): number {
    return this.trials.reduce((sum, { seconds }) => sum + seconds, 0);
  }

  get best(): FinishedTrial | undefined {
    return bestTrial(this.trials);
  }

  find(trial: TuneTrial): FinishedTrial | undefined {
    return this.#byKey.get(trialKey(trial));
  }

  /** Keeps a trial: one line in one write, so that an interrupt finds it written or not begun. */
  add(trial: FinishedTrial): void {
    const path = join(this.directory, 'trials.jsonl');
    orUnwritable(path, () => appendFileSync(path, `${JSON.stringify(trial)}\n`));
    this.#remember(trial);
  }

  /** Writes the table and the given winner. @returns the path of `parameters.json` */
  async writeResults(metric: string, parameters: Readonly<Record<string, number>>): Promise<string> {
    const header = ['trial', 'rung', ...TUNED_NAMES, metric, 'seconds'];
    const rows = this.trials.map((trial, n) => {
      const tried = TUNED_NAMES.map(name => trial.parameters[name]);
      return [n + 1, trial.rung, ...tried, trial.value, trial.seconds.toFixed(3)];
    });
    await replace(join(this.directory, 'trials.csv'), `${[header, ...rows].map(row => row.join(',')).join('\n')}\n`);
    const path = join(this.directory, 'parameters.json');
    await replace(path, `${JSON.stringify(parameters, null, 2)}\n`);
    return path;
  }

  #remember(trial: FinishedTrial): void {
    this.#byKey.set(trialKey(trial), trial);
  }
}

function checkSubject(path: string, line: string, subject: TuningSubject): void {
  const parsed = headerSchema.safeParse(parseJson(line));
  const advice = 'Give another directory as `out`, or remove the file to begin anew.';
  if (!parsed.success) {
    throw new ShortlistError('tuning-mismatch', `${path} is not a file of trials. ${advice}`, { path });
  }
  const theirs = parsed.data.subject;
  const names = [...new Set([...Object.keys(subject), ...Object.keys(theirs)])];
  const different = names.filter(name => theirs[name] !== subject[name]);
  if (different.length === 0) return;
  const differences = different.map(
    name => `${name} ${theirs[name] ?? 'not given'} there, ${subject[name] ?? 'not given'} here`,
  );
  throw new ShortlistError(
    'tuning-mismatch',
    `${path} has trials of something else: ${differences.join('; ')}. ${advice}`,
    {
      path,
      different,
    },
  );
}

function parseTrial(path: string, line: string, number: number): FinishedTrial {
  const parsed = trialSchema.safeParse(parseJson(line));
  if (parsed.success) return parsed.data;
  throw new ShortlistError('tuning-mismatch', `Line ${number} of ${path} is damaged. Remove the line, or the file.`, {
    path,
    line: number,
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}

/** A reader sees the old file or the new one, never half of it. */
async function replace(path: string, text: string): Promise<void> {
  try {
    await writeWhole(path, aside => writeFile(aside, text));
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

function orUnwritable(path: string, work: () => void): void {
  try {
    work();
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

function unwritable(path: string, cause: unknown): ShortlistError {
  if (cause instanceof ShortlistError) return cause;
  return new ShortlistError('output-unwritable', `Cannot write ${path}: ${messageOf(cause)}`, { path }, { cause });
}
