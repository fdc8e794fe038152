import cluster, { type Worker } from 'node:cluster';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { AggregatorRegistry } from 'prom-client';
import type { Config } from './config.js';
import { Connections } from './connections.js';
import { listen } from './http/listening.js';
import { drainFor, shutDown } from './http/shut-down.js';
import { waitingRoom } from './service.js';
import { type Message, URL_VARIABLE } from './sibling.js';

/** Milliseconds before a process that died is replaced, doubled with each death in a row up to a bound. */
const RESTART_MS = 1000;
const MAX_RESTART_MS = 30_000;
/** Milliseconds after which a process that takes connections has not failed in a row with those before it. */
const RUNS_WELL_MS = 60_000;

/** A process, from its start to its end. */
interface Life {
  readonly worker: Worker;
  /** Whether it has become ready; false once it ended without. */
  readonly isReady: Promise<boolean>;
  /** When it became that. */
  readySince: number | undefined;
  readonly ended: Promise<{ code: number | null; signal: string | null }>;
}

/** One of the processes that a service is meant to have, each the successor of the one before. */
interface Place {
  life: Life;
}

/**
 * Runs this program in several processes that share its port, and replaces those that die. The first one shows that the
 * service can start at all before the others follow. Each takes connections only once it is ready.
 * @returns the exit status, once all have ended
 * @throws {ShortlistError} `port-in-use`, `cannot-listen`
 */
export async function runProcesses(count: number, config: Config, logger: Logger): Promise<number> {
  const room = waitingRoom(config, logger);
  const connections = new Connections(socket => room.adopt(socket));
  const url = await listen(connections.listener, config.HOST, config.PORT);
  const running = new Set<Life>();
  const places: Place[] = [];
  let isStopping = false;
  const tellAll = (message: Message, except?: Worker) => {
    for (const { worker } of running) if (worker !== except) tell(worker, message);
  };

  const start = (): Life => {
    const life = begin(cluster.fork({ [URL_VARIABLE]: url }));
    running.add(life);
    void life.isReady.then(isReady => {
      // Where all are to stop, it has been killed.
      if (!isReady || isStopping) return;
      life.readySince = performance.now();
      connections.add(life.worker);
      tell(life.worker, { kind: 'admitted' });
    });
    void life.ended.then(() => running.delete(life));
    return life;
  };

  const keep = async (place: Place) => {
    for (let deaths = 0; ; ) {
      const { life } = place;
      const { code, signal } = await life.ended;
      if (isStopping) return;
      if (place.life !== life) continue;
      const ranWell = performance.now() - (life.readySince ?? Number.POSITIVE_INFINITY) >= RUNS_WELL_MS;
      deaths = ranWell ? 1 : deaths + 1;
      const restartInMs = Math.min(RESTART_MS * 2 ** (deaths - 1), MAX_RESTART_MS);
      const facts = { pid: life.worker.process.pid, code, signal, deaths, restartInMs };
      logger.error(facts, 'a process of the service died, another one takes its place');
      if (connections.ready === 0) logger.error('no process of the service is ready: requests get 503 until one is');
      await sleep(restartInMs);
      if (isStopping) return;
      if (place.life === life) place.life = start();
    }
  };

  const replace = async (place: Place): Promise<boolean> => {
    const next = start();
    const pids = { pid: next.worker.process.pid, replaces: place.life.worker.process.pid };
    if (!(await next.isReady)) {
      if (!isStopping) logger.error(pids, 'restart given up: the new process did not become ready, the old one stays');
      return false;
    }
    const { worker, ended } = place.life;
    place.life = next;
    connections.remove(worker);
    logger.info(pids, 'a new process takes the place of an old one, which finishes its requests');
    tell(worker, { kind: 'drain', replaced: true });
    await Promise.race([ended, sleep(drainFor('SIGTERM', config.DRAIN_MS).quietMs)]);
    tell(worker, { kind: 'finish' });
    await ended;
    return true;
  };

  let newestToReplace = 0;
  let isRestarting = false;
  const restart = async () => {
    newestToReplace = Math.max(...places.map(({ life }) => life.worker.id));
    if (isRestarting) return;
    isRestarting = true;
    const next = () => places.find(({ life }) => life.worker.id <= newestToReplace);
    for (let place = next(); place && !isStopping; place = next()) if (!(await replace(place))) break;
    isRestarting = false;
  };

  const registry = new AggregatorRegistry();
  cluster.on('message', async (worker, message: Message) => {
    if (message.kind === 'reload') tellAll(message, worker);
    if (message.kind !== 'metrics') return;
    const text = await registry.clusterMetrics().catch(() => undefined);
    tell(worker, { ...message, ...(text !== undefined && { text }) });
  });
  process.on('SIGHUP', () => tellAll({ kind: 'reload' }));

  const endOfAll = () => Promise.all([...running].map(({ ended }) => ended));
  const stopped = new Promise<number>(resolve => {
    const answering = {
      drain() {
        // They answer nobody yet.
        for (const { worker, readySince } of running) if (!readySince) worker.process.kill('SIGKILL');
        tellAll({ kind: 'drain', replaced: false });
      },
      hold: () => tellAll({ kind: 'hold' }),
      async finish() {
        // What is handed on once they have ended would find nobody.
        await connections.handedOn();
        tellAll({ kind: 'finish' });
        await endOfAll();
        await room.finish();
      },
    };
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        if (isStopping) {
          // The first signal lets running requests finish; a second one does not wait for them.
          for (const { worker } of running) worker.process.kill('SIGKILL');
          return void endOfAll().then(() => resolve(1));
        }
        isStopping = true;
        logger.info(`${signal}: finishing the running requests`);
        void shutDown(connections.listener, answering, drainFor(signal, config.DRAIN_MS)).then(() => resolve(0));
      });
    }
  });

  process.on('SIGUSR2', () => void restart());
  const first = start();
  places.push({ life: first });
  if (!(await first.isReady) && !isStopping) return (await first.ended).code ?? 1;
  while (places.length < count && !isStopping) places.push({ life: start() });
  for (const place of places) void keep(place);
  return stopped;
}

function begin(worker: Worker): Life {
  const ended: Life['ended'] = new Promise(resolve => {
    worker.once('exit', (code, signal) => resolve({ code, signal }));
  });
  const isReady = new Promise<boolean>(resolve => {
    worker.on('message', ({ kind }: Message) => kind === 'ready' && resolve(true));
    void ended.then(() => resolve(false));
  });
  return { worker, isReady, readySince: undefined, ended };
}

/** Nothing where it has gone. */
function tell(worker: Worker, message: Message): void {
  if (worker.isConnected()) worker.send(message, () => {});
}
