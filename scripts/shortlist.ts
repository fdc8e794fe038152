#!/usr/bin/env node
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import { EXIT_DONE, EXIT_FAILED, EXIT_USAGE, usageText } from './command/command.js';
import { launchedBy } from './command/command-line.js';
import { SUMMARIES } from './command/summaries.js';

// The program of the installed package. It has no work of its own: the command gets the arguments that follow its name.

const launcher = process.env.npm_command === 'exec' ? 'npx shortlist' : 'shortlist';
const [name = '', ...args] = process.argv.slice(2);
if (Object.hasOwn(SUMMARIES, name)) await runCommand();
else process.exitCode = answer();

async function runCommand(): Promise<void> {
  launchedBy(launcher);
  const module = new URL(name === 'start' ? '../src/main.js' : `./${name}.js`, import.meta.url);
  // As if it was called directly: `start` starts its other processes by these.
  process.argv = [process.execPath, fileURLToPath(module), ...args];
  await import(module.href).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ERR_MODULE_NOT_FOUND' && error.code !== 'MODULE_NOT_FOUND') throw error;
    // DuckDB, for one, comes as an optional package of its own for each kind of machine.
    const why = 'Install Shortlist again, without --omit=optional.';
    process.stderr.write(`error [package-missing]: ${error.message.split('\n')[0]}. ${why}\n`);
    process.exit(EXIT_FAILED);
  });
}

/** Help, the version, or what is wrong. @returns the exit status */
function answer(): number {
  const { version } = createRequire(import.meta.url)('shortlist/package.json') as { version: string };
  const program = new Command(launcher)
    .usage('COMMAND [options]')
    .description(
      'Two-stage recommender service: learns from ratings, builds an index, serves recommendations over REST.',
    )
    .version(version, '-v, --version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .addHelpText('after', `\nEach has a --help of its own: ${launcher} rebuild --help`)
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  for (const [command, summary] of Object.entries(SUMMARIES)) program.command(command).summary(summary).usage(' ');
  try {
    if (name === '') throw new CommanderError(EXIT_USAGE, 'no-command', 'expected a command');
    program.parse([name === 'help' ? '--help' : name], { from: 'user' });
    return EXIT_DONE;
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    if (thrown.exitCode === 0) return EXIT_DONE;
    process.stderr.write(`${usageText(thrown.message)}All commands: ${launcher} --help\n`);
    return EXIT_USAGE;
  }
}
