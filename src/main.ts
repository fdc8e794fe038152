import cluster from 'node:cluster';
import { availableParallelism } from 'node:os';
import { Command, CommanderError } from 'commander';
import { type Logger, pino } from 'pino';
import { EXIT_DONE, EXIT_FAILED, EXIT_USAGE, failureText, usageText } from '../scripts/command/command.js';
import { commandLine } from '../scripts/command/command-line.js';
import { SUMMARIES } from '../scripts/command/summaries.js';
import { ShortlistError } from './errors.js';
import { type Config, describeConfig, readConfig, variableOf } from './serve/config.js';
import { reportHealth, serveHealthOfProcesses } from './serve/health/of-processes.js';
import { startHealthThread } from './serve/health/own-thread.js';
import { joinProcesses, runProcesses } from './serve/processes.js';
import { type Service, startService } from './serve/service.js';

try {
  refuseArguments(process.argv.slice(2));
  const config = readConfig(process.env);
  // Written at once: lines in the background would be lost or change places when the process ends.
  const logger = pino({ name: 'shortlist', level: config.LOG_LEVEL }, pino.destination({ dest: 1, sync: true }));
  const processes = config.PROCESSES || availableParallelism();
  if (cluster.isWorker) await serveWithOthers(config, logger);
  else if (processes > 1) {
    await serveHealthOfProcesses(config, logger);
    process.exit(await runProcesses(processes, logger));
  } else await serveAlone(config, logger);
} catch (thrown) {
  process.stderr.write(failureText(thrown, variableOf));
  process.exit(thrown instanceof ShortlistError && thrown.code === 'invalid-config' ? EXIT_USAGE : EXIT_FAILED);
}

/** The first signal lets running requests finish; a second one does not wait for them. */
async function serveAlone(config: Config, logger: Logger): Promise<void> {
  const health = await startHealthThread(config, logger);
  const service = await startService(config, logger);
  health?.follow(service);
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
  const { live, metrics } = await starting;
  reportHealth(config, live);
  metrics.text = others.metrics;
  others.ready(metrics.registry);
}

async function stop(service: Service, logger: Logger): Promise<void> {
  await service.close();
  logger.info('stopped');
  process.exit(EXIT_DONE);
}

/** The service is configured by its environment alone: all that may follow is `--help`. */
function refuseArguments(args: readonly string[]): void {
  const program = new Command('start')
    .configureHelp({ commandUsage: () => commandLine('start', '[options]') })
    .description(SUMMARIES.start)
    .helpOption('-h, --help', 'show this help')
    .addHelpText('after', `\nEnvironment:\n${describeConfig()}`)
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  try {
    program.parse(args, { from: 'user' });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    if (thrown.exitCode === 0) process.exit(EXIT_DONE);
    process.stderr.write(`${usageText(thrown.message)}All variables: ${commandLine('start', '--help')}\n`);
    process.exit(EXIT_USAGE);
  }
}
