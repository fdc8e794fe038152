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
import { drainFor } from './serve/http/shut-down.js';
import { runProcesses } from './serve/processes.js';
import { type Service, type ServiceBehind, startBehind, startService } from './serve/service.js';
import { joinProcesses, URL_VARIABLE } from './serve/sibling.js';

const SIGNALS = `Signals:
  SIGTERM, SIGINT        End it without losing a request: see DRAIN_MS.
  SIGHUP                 Switches to the current snapshot.
  SIGUSR2                Restarts the processes of PROCESSES one after the other: a new one takes the place of an old one
                         once it is ready; where it does not become ready, the old one stays.
`;

try {
  refuseArguments(process.argv.slice(2));
  const config = readConfig(process.env);
  // Written at once: lines in the background would be lost or change places when the process ends.
  const logger = pino({ name: 'shortlist', level: config.LOG_LEVEL }, pino.destination({ dest: 1, sync: true }));
  const processes = config.PROCESSES || availableParallelism();
  if (cluster.isWorker) await serveWithOthers(config, logger);
  else if (processes > 1) {
    await serveHealthOfProcesses(config, logger);
    process.exit(await runProcesses(processes, config, logger));
  } else await serveAlone(config, logger);
} catch (thrown) {
  process.stderr.write(failureText(thrown, variableOf));
  process.exit(thrown instanceof ShortlistError && thrown.code === 'invalid-config' ? EXIT_USAGE : EXIT_FAILED);
}

/** The first signal lets running requests finish; a second one does not wait for them. */
async function serveAlone(config: Config, logger: Logger): Promise<void> {
  let service: Service | undefined;
  let isStopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (isStopping) process.exit(EXIT_FAILED);
      // It has not answered anybody yet.
      if (!service) return end(logger, EXIT_DONE);
      isStopping = true;
      logger.info(`${signal}: finishing the running requests`);
      void service.close(drainFor(signal, config.DRAIN_MS)).then(() => end(logger, EXIT_DONE));
    });
  }
  process.on('SIGHUP', () => void service?.reload());
  process.on('SIGUSR2', () => logger.warn('SIGUSR2 restarts one process after the other: it needs PROCESSES above 1'));
  const health = await startHealthThread(config, logger);
  service = await startService(config, logger);
  health?.follow(service);
}

/** Answers connections that the first process accepts, and ends when it says so. */
async function serveWithOthers(config: Config, logger: Logger): Promise<void> {
  let service: ServiceBehind | undefined;
  const finish = async (status = EXIT_DONE) => {
    await service?.finish();
    end(logger, status);
  };
  const others = joinProcesses({
    adopt: socket => service?.adopt(socket),
    // What the others say while this one starts is done once it has started.
    reload: () =>
      void starting.then(
        started => started.reload(),
        () => {},
      ),
    drain: replaced => service?.drain(replaced),
    hold: () => service?.hold(),
    finish,
    orphaned() {
      logger.error('the process that accepts connections has died: finishing the running requests');
      service?.drain();
      setTimeout(() => void finish(EXIT_FAILED), drainFor('SIGTERM', config.DRAIN_MS).quietMs);
    },
  });
  const starting = startBehind(process.env[URL_VARIABLE] ?? '', config, logger, () => others.announceReload());
  service = await starting;
  const { live, metrics } = service;
  reportHealth(config, live);
  metrics.text = others.metrics;
  await others.ready(metrics.registry);
  service.announce();
}

function end(logger: Logger, status: number): never {
  logger.info('stopped');
  process.exit(status);
}

/** The service is configured by its environment alone: all that may follow is `--help`. */
function refuseArguments(args: readonly string[]): void {
  const program = new Command('start')
    .configureHelp({ commandUsage: () => commandLine('start', '[options]') })
    .description(SUMMARIES.start)
    .helpOption('-h, --help', 'show this help')
    .addHelpText('after', `\nEnvironment:\n${describeConfig()}\n${SIGNALS}`)
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
