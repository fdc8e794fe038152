import cluster from 'node:cluster';
import { availableParallelism } from 'node:os';
import { Command, CommanderError } from 'commander';
import { type Logger, pino } from 'pino';
import { messageForReader } from '../scripts/command/advice.js';
import { EXIT_FAILED, EXIT_USAGE, oneLine } from '../scripts/command/command.js';
import { commandLine } from '../scripts/command/command-line.js';
import { SUMMARIES } from '../scripts/command/summaries.js';
import { messageOf, ShortlistError } from './errors.js';
import { type Config, describeConfig, readConfig, variableOf } from './serve/config.js';
import { joinProcesses, runProcesses } from './serve/processes.js';
import { type Service, startService } from './serve/service.js';

try {
  refuseArguments(process.argv.slice(2));
  const config = readConfig(process.env);
  // Written at once: lines in the background would be lost or change places when the process ends.
  const logger = pino({ name: 'shortlist', level: config.LOG_LEVEL }, pino.destination({ dest: 1, sync: true }));
  const processes = config.PROCESSES || availableParallelism();
  if (cluster.isWorker) await serveWithOthers(config, logger);
  else if (processes > 1) process.exit(await runProcesses(processes, logger));
  else await serveAlone(config, logger);
} catch (thrown) {
  const error: ShortlistError | undefined = thrown instanceof ShortlistError ? thrown : undefined;
  const code = error?.code ?? 'unexpected';
  const message = error ? messageForReader(error, variableOf) : messageOf(thrown);
  process.stderr.write(`error [${code}]: ${oneLine(message)}\n`);
  // An error without a name is a bug, and whoever mends it needs the stack.
  if (code === 'unexpected' && thrown instanceof Error) process.stderr.write(`${thrown.stack}\n`);
  process.exit(code === 'invalid-config' ? EXIT_USAGE : EXIT_FAILED);
}

/** The first signal lets running requests finish; a second one does not wait for them. */
async function serveAlone(config: Config, logger: Logger): Promise<void> {
  const service = await startService(config, logger);
  let isStopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (isStopping) process.exit(EXIT_FAILED);
      isStopping = true;
      logger.info(`${signal}: finishing the running requests`);
      void stop(service, logger);
    });
  }
  process.on('SIGHUP', () => void service.reload());
}

async function serveWithOthers(config: Config, logger: Logger): Promise<void> {
  // What the others say while this one starts is done once it has started.
  const starting = startService(config, logger, () => others.announceReload());
  const once = (then: (service: Service) => Promise<void>) => () => void starting.then(then, () => {});
  const others = joinProcesses({
    reload: once(service => service.reload()),
    stop: once(service => stop(service, logger)),
  });
  const { metrics } = await starting;
  metrics.text = others.metrics;
  others.ready(metrics.registry);
}

async function stop(service: Service, logger: Logger): Promise<void> {
  await service.close();
  logger.info('stopped');
  process.exit(0);
}

/** The service is configured by its environment alone: all that may follow is `--help`. */
function refuseArguments(args: readonly string[]): void {
  const program = new Command('start')
    .configureHelp({ commandUsage: () => commandLine('start', '[options]') })
    .description(SUMMARIES.start)
    .addHelpText('after', `\nEnvironment:\n${describeConfig()}`)
    .exitOverride();
  try {
    program.parse(args, { from: 'user' });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    process.exit(thrown.exitCode === 0 ? 0 : EXIT_USAGE);
  }
}
