import { type ChildProcess, spawn } from 'node:child_process';
import { nodeFlags, programFile } from './program.js';

/** A line of the service's log, as far as tests look at it. */
export interface LogLine {
  readonly msg: string;
  readonly pid: number;
  readonly url?: string;
  readonly healthUrl?: string;
  readonly deaths?: number;
  readonly restartInMs?: number;
}

const started: ChildProcess[] = [];

/** Kills all that were started: for `afterEach`. */
export function killServices(): void {
  for (const child of started.splice(0)) child.kill('SIGKILL');
}

/**
 * Starts the service as a process of its own.
 * @param prefix a command that runs what follows it
 */
export function launch(
  environment: Readonly<Record<string, string | undefined>>,
  args: readonly string[] = [],
  nodeArgs: readonly string[] = [],
  prefix: readonly string[] = [],
) {
  const node = [process.execPath, ...nodeFlags, ...nodeArgs, programFile('src/main'), ...args];
  const [command = '', ...rest] = [...prefix, ...node];
  const child = spawn(command, rest, {
    env: { ...process.env, PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  const ended = new Promise<number | NodeJS.Signals>(resolve =>
    child.once('close', (code, signal) => resolve(code ?? signal ?? 0)),
  );
  return { child, ended };
}

/** Starts the process and waits until it says where it listens. */
export async function startListening(
  environment: Readonly<Record<string, string | undefined>>,
  nodeArgs: string[] = [],
) {
  const { child, ended } = launch({ DRAIN_MS: '0', ...environment }, [], nodeArgs);
  let output = '';
  const log = (): LogLine[] =>
    output
      .split('\n')
      .slice(0, -1)
      .map(line => JSON.parse(line));
  const listening = new Promise<string>((resolve, reject) => {
    child.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
      const url = log().find(entry => entry.url)?.url;
      if (url) resolve(url);
    });
    ended.then(status => reject(new Error(`ended with ${status} before it listened`)));
  });
  const url = await listening;
  /** Ids of the processes that have become ready, in this order. */
  const pids = () =>
    log()
      .filter(line => line.url)
      .map(({ pid }) => pid);
  /** Resolves with the lines that say this, once there are so many. */
  const logged = async (text: string | RegExp, count = 1): Promise<LogLine[]> => {
    for (;;) {
      const lines = log().filter(({ msg }) => msg.match(text));
      if (lines.length >= count) return lines;
      await new Promise(resolve => child.stdout!.once('data', resolve));
    }
  };
  return { child, ended, log, url, pids, logged };
}

/** The service as a process of its own. */
export interface ServiceProcess {
  readonly child: ChildProcess;
  /** Its exit status or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  readonly stderr: () => string;
  /** Waits for the first `count` lines that have a field. */
  lines(field: 'url' | 'healthUrl', count?: number): Promise<LogLine[]>;
}

/** @param prefix a command that runs what follows it */
export function startProcess(
  environment: Readonly<Record<string, string>>,
  { nodeArgs = [], prefix = [] }: { readonly nodeArgs?: readonly string[]; readonly prefix?: readonly string[] } = {},
): ServiceProcess {
  const { child, ended } = launch({ RELOAD_INTERVAL_MS: '0', ...environment }, [], nodeArgs, prefix);
  let stdout = '';
  let stderr = '';
  let onOutput = () => {};
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
    onOutput();
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  const log = (): LogLine[] =>
    stdout
      .split('\n')
      .slice(0, -1)
      .map(line => JSON.parse(line));
  return {
    child,
    ended,
    stderr: () => stderr,
    lines: (field, count = 1) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = log().filter(line => line[field] !== undefined);
          if (found.length >= count) resolve(found);
        };
        onOutput = look;
        look();
        void ended.then(status => reject(new Error(`ended with ${status}: ${stderr}`)));
      }),
  };
}
