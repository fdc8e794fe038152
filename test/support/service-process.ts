import { type ChildProcess, spawn } from 'node:child_process';
import { nodeFlags, programFile } from './program.js';

/** A line of the service's log. */
interface LogLine {
  readonly msg: string;
  readonly pid: number;
  readonly url?: string;
  readonly healthUrl?: string;
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
  const [command = '', ...args] = [...prefix, process.execPath, ...nodeFlags, ...nodeArgs, programFile('src/main')];
  const child = spawn(command, args, {
    env: { ...process.env, PORT: '0', RELOAD_INTERVAL_MS: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | NodeJS.Signals>(resolve =>
    child.once('close', (code, signal) => resolve(code ?? signal ?? 0)),
  );
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
