import { Command, CommanderError, Option } from 'commander';
import type { z } from 'zod';
import { messageOf, ShortlistError } from '../../src/errors.js';
import { messageForReader } from './advice.js';
import { commandLine } from './command-line.js';

/** One flag of a command. The key it is defined under is its name: `minRating` is `--min-rating`. */
export interface Flag<Schema extends z.ZodType = z.ZodType> {
  /** What stands for the value in the help: `N`, `FILE`, or `FILE...` for one or more. Left out: an on/off flag. */
  readonly value?: string;
  readonly help: string;
  /** Which values it takes, to be shown in the help: `from 1 to 10`. */
  readonly range?: string;
  /** For the help: what is taken when the flag is not given, in words. Left out: the default of the schema, if it has one. */
  readonly preset?: string;
  /** Checks and converts the text (`FILE...`: the list of texts). */
  readonly schema: Schema;
}

export type Flags = Readonly<Record<string, Flag>>;
/** The checked values of a command's flags. */
export type Options<F extends Flags> = { readonly [Name in keyof F]: z.output<F[Name]['schema']> };

export interface CommandContext {
  /** True when the caller asked for `--json`. */
  readonly json: boolean;
  /** Registers work to be done before a Ctrl-C or a SIGTERM ends the process; the last registered runs first. */
  onInterrupt(cleanup: () => void | Promise<void>): void;
}

/** A program of the `scripts` folder. */
export interface CommandDefinition<F extends Flags, Result> {
  /** As it is called: `rebuild` for `npm run rebuild` or `shortlist rebuild`. */
  readonly name: string;
  /** What it does, in a sentence or two. */
  readonly summary: string;
  readonly flags: F;
  /** Arguments of some calls, shown at the end of the help. */
  readonly examples?: readonly string[];
  /** Does the work. Progress goes to stderr; a `ShortlistError` 'invalid-option' is reported as wrong usage. */
  run(options: Options<F>, context: CommandContext): Promise<Result>;
  /** The result as text for people. A command without it prints nothing at the end and has no `--json`. */
  print?(result: Result): string;
}

/** Where a command writes. */
export interface CommandOutput {
  stdout(text: string): void;
  stderr(text: string): void;
}

export const EXIT_DONE = 0;
export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;
/** 128 + the signal's number, as shells report it. */
const EXIT_SIGNAL = { SIGINT: 130, SIGTERM: 143 } as const;

/** Runs a command as this process: arguments from the command line, then exits with its status. */
export async function main<F extends Flags, Result>(definition: CommandDefinition<F, Result>): Promise<never> {
  // A reader that goes away early (`| head`) is no failure of ours.
  process.stdout.on('error', () => process.exit(EXIT_DONE));
  const cleanups: (() => void | Promise<void>)[] = [];
  let isInterrupted = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      // Who asks twice does not want to wait for anything.
      if (isInterrupted) process.exit(EXIT_SIGNAL[signal]);
      isInterrupted = true;
      void interrupt(signal, cleanups);
    });
  }
  const code = await runCommand(
    definition,
    process.argv.slice(2),
    { stdout: text => process.stdout.write(text), stderr: text => process.stderr.write(text) },
    cleanup => cleanups.push(cleanup),
  );
  // Pipes are written in the background: exit only when they are empty.
  await Promise.all([process.stdout, process.stderr].map(stream => new Promise(done => stream.write('', done))));
  process.exit(code);
}

/**
 * Runs a command on the given arguments.
 * @returns the exit status: 0 done (or help shown), 1 failed, 2 wrong usage
 */
export async function runCommand<F extends Flags, Result>(
  definition: CommandDefinition<F, Result>,
  args: readonly string[],
  output: CommandOutput,
  onInterrupt: CommandContext['onInterrupt'] = () => {},
): Promise<number> {
  const program = programOf(definition, output);
  const wrongUsage = (problems: readonly string[]) => {
    for (const problem of problems) output.stderr(usageText(problem));
    output.stderr(`See ${commandLine(definition.name, '--help')}\n`);
    return EXIT_USAGE;
  };
  const misspelt = parseArguments(program, args);
  if (misspelt === 'help') return EXIT_DONE;
  const { json = false, ...texts } = program.opts<Record<string, unknown> & { json?: boolean }>();
  const parsed = parseFlags(definition.flags, texts, misspelt);
  if ('problems' in parsed) return wrongUsage(parsed.problems);
  try {
    const result = await definition.run(parsed.options, { json, onInterrupt });
    if (json) output.stdout(`${JSON.stringify(result)}\n`);
    else if (definition.print) output.stdout(`${definition.print(result).trimEnd()}\n`);
    return EXIT_DONE;
  } catch (thrown) {
    const flagOf = (name: string) => (name in definition.flags ? `--${kebabCase(name)}` : undefined);
    if (thrown instanceof ShortlistError && thrown.code === 'invalid-option') {
      return wrongUsage([messageForReader(thrown, flagOf)]);
    }
    output.stderr(failureText(thrown, flagOf));
    return EXIT_FAILED;
  }
}

/**
 * What a program writes about the failure that ends it.
 * @param nameOf how an option is given to the program, such as `--min-rating` for `minRating`
 */
export function failureText(thrown: unknown, nameOf: (option: string) => string | undefined): string {
  if (thrown instanceof ShortlistError) return `error [${thrown.code}]: ${oneLine(messageForReader(thrown, nameOf))}\n`;
  // A bug, not a failure that we foresaw: whoever mends it needs the stack.
  const stack = thrown instanceof Error && thrown.stack ? `${thrown.stack}\n` : '';
  return `error [unexpected]: ${oneLine(messageOf(thrown))}\n${stack}`;
}

/** What a program writes about arguments that it does not take. */
export function usageText(problem: string): string {
  return `error [usage]: ${oneLine(problem.replace(/^error: /, ''))}\n`;
}

function programOf(
  definition: Pick<CommandDefinition<Flags, unknown>, 'name' | 'summary' | 'flags' | 'examples'> & { print?: unknown },
  output: CommandOutput,
): Command {
  const program = new Command(definition.name)
    .description(definition.summary)
    .configureHelp({ commandUsage: () => commandLine(definition.name, '[options]') })
    .exitOverride()
    // What commander would print on errors is printed by `wrongUsage`, in one form for all causes.
    .configureOutput({ writeOut: output.stdout, writeErr: () => {} });
  for (const [name, flag] of Object.entries(definition.flags)) {
    const { value } = flag;
    program.addOption(new Option(`--${kebabCase(name)}${value === undefined ? '' : ` <${value}>`}`, helpOf(flag)));
  }
  if (definition.print) program.option('--json', 'print one JSON object on stdout and nothing else there');
  program.helpOption('-h, --help', 'show this help');
  if (definition.examples) {
    const lines = definition.examples.map(args => `  ${commandLine(definition.name, args)}`);
    program.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
  }
  return program;
}

function helpOf({ help, range, preset, schema }: Flag): string {
  const { data } = schema.safeParse(undefined);
  const shown = preset ?? (data === undefined || data === false ? undefined : String(data));
  const facts = [range, shown === undefined ? undefined : `default: ${shown}`].filter(Boolean);
  return facts.length > 0 ? `${help} (${facts.join('; ')})` : help;
}

/**
 * Has commander take the arguments apart.
 * @returns what is wrong with them as far as commander can tell, every unknown flag by itself; `help` where it was shown
 */
function parseArguments(program: Command, args: readonly string[]): string[] | 'help' {
  const problems: string[] = [];
  for (let rest = args; ; ) {
    try {
      program.parse(rest, { from: 'user' });
      return problems;
    } catch (thrown) {
      if (!(thrown instanceof CommanderError)) throw thrown;
      if (thrown.exitCode === 0) return 'help';
      const [, unknown = '', value] = /unknown option '(--?[\w-]+)(=.*)?'/s.exec(thrown.message) ?? [];
      if (value !== undefined) {
        // With its value commander finds no flag that is spelled alike.
        rest = rest.map(arg => (arg === unknown + value ? unknown : arg));
        continue;
      }
      if (rest.includes(unknown)) {
        problems.push(thrown.message);
        rest = withoutFlag(rest, unknown);
        continue;
      }
      const stray = thrown.code === 'commander.excessArguments' ? program.args.map(arg => `"${arg}"`) : [];
      return [
        ...problems,
        stray.length > 0 ? `expected flags and their values, got ${stray.join(', ')}` : thrown.message,
      ];
    }
  }
}

/** The arguments without a flag and the values that follow it. */
function withoutFlag(args: readonly string[], flag: string): string[] {
  const at = args.indexOf(flag);
  const next = args.findIndex((arg, n) => n > at && arg.startsWith('-'));
  return [...args.slice(0, at), ...(next === -1 ? [] : args.slice(next))];
}

/** @param misspelt problems that were found before */
function parseFlags<F extends Flags>(
  flags: F,
  texts: Readonly<Record<string, unknown>>,
  misspelt: readonly string[],
): { options: Options<F> } | { problems: string[] } {
  const problems = [...misspelt];
  const options: Record<string, unknown> = {};
  for (const [name, { schema, value }] of Object.entries(flags)) {
    const flag = `--${kebabCase(name)}`;
    const parsed = schema.safeParse(texts[name]);
    if (parsed.success) options[name] = parsed.data;
    // A flag that was misspelt, or given without its value, is not missing too.
    else if (texts[name] !== undefined) {
      for (const issue of parsed.error.issues) problems.push(`${flag}: ${issue.message}`);
    } else if (!misspelt.some(problem => namesFlag(problem, flag))) problems.push(`${flag} ${value} is required`);
  }
  return problems.length > 0 ? { problems } : { options: options as Options<F> };
}

function namesFlag(problem: string, flag: string): boolean {
  return problem.split(/[^\w-]+/).includes(flag);
}

async function interrupt(signal: keyof typeof EXIT_SIGNAL, cleanups: (() => void | Promise<void>)[]): Promise<never> {
  process.stderr.write('\ninterrupted\n');
  try {
    for (const cleanup of cleanups.reverse()) await cleanup();
  } finally {
    process.exit(EXIT_SIGNAL[signal]);
  }
}

/** A message without line breaks. */
function oneLine(message: string): string {
  return message.trim().replace(/\s*\n\s*/g, ' ');
}

/** A flag's name as it is typed: `minRating` is `min-rating`. */
export function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`);
}
