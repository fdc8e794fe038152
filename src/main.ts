import { Command, CommanderError } from 'commander';
import { type Logger, pino } from 'pino';
import { describeConfig, readConfig } from './config.js';
import { messageOf, ShortlistError } from './errors.js';
import type { RunningServer } from './http/server.js';
import { startService } from './service.js';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

try {
  refuseArguments(process.argv.slice(2));
  const config = readConfig(process.env);
  // Written at once: lines in the background would be lost or change places when the process ends.
  const logger = pino({ name: 'shortlist', level: config.LOG_LEVEL }, pino.destination({ dest: 1, sync: true }));
  stopOnSignals(await startService(config, logger), logger);
} catch (thrown) {
  const code = thrown instanceof ShortlistError ? thrown.code : 'unexpected';
  process.stderr.write(`error [${code}]: ${messageOf(thrown).replace(/\s*\n\s*/g, ' ')}\n`);
  // An error without a name is a bug, and whoever mends it needs the stack.
  if (code === 'unexpected' && thrown instanceof Error) process.stderr.write(`${thrown.stack}\n`);
  process.exit(code === 'invalid-config' ? EXIT_USAGE : EXIT_FAILED);
}

/** The first signal lets running requests finish; a second one does not wait for them. */
function stopOnSignals(server: RunningServer, logger: Logger): void {
  let stopping = false;
  const stop = async (signal: NodeJS.Signals) => {
    if (stopping) process.exit(EXIT_FAILED);
    stopping = true;
    logger.info(`${signal}: finishing the running requests`);
    await server.close();
    logger.info('stopped');
    process.exit(0);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

/** The service is configured by its environment alone: all that may follow `npm start --` is `--help`. */
function refuseArguments(args: readonly string[]): void {
  const program = new Command('npm start --')
    .description('Serves the current snapshot over HTTP, configured by environment variables:')
    .addHelpText('after', `\nEnvironment:\n${describeConfig()}`)
    .exitOverride();
  try {
    program.parse(args, { from: 'user' });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    process.exit(thrown.exitCode === 0 ? 0 : EXIT_USAGE);
  }
}
