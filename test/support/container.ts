import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { nodeFlags } from './program.js';

// A process as it is alone in a container: in a PID namespace of its own, where its number is 1.

const UNSHARE = ['-r', '--pid', '--fork', '--mount-proc'];

/** Whether this system lets a user make namespaces. */
export const canUnshare = process.platform === 'linux' && spawnSync('unshare', [...UNSHARE, 'true']).status === 0;

export interface Contained {
  /** The next line that the program writes. */
  line(): Promise<string>;
  /** Lets the program go on from `await goOn()`. */
  goOn(): void;
  signal(signal: NodeJS.Signals): void;
  /** Resolves with what it wrote to stderr. */
  readonly ended: Promise<string>;
}

/** How a process is run, with its command after it. */
const PLACES = {
  /** In a PID namespace of its own, as number 1. */
  contained: ['unshare', ...UNSHARE],
  /** In one where its number is one that neither a process nor a thread of the other has. */
  'contained, later': [
    'unshare',
    ...UNSHARE,
    'sh',
    '-c',
    'n=0; while [ $n -lt 50 ]; do (:); n=$((n + 1)); done; "$@"; exit',
    'sh',
  ],
  /** In this namespace. */
  here: [],
  /** There, with files of at most half a megabyte. */
  limited: ['sh', '-c', 'ulimit -f 1024; exec "$@"', 'sh'],
};

/** Runs a program, an ES module with `goOn()` and `argument`. */
export function start(program: string, argument: string, place: keyof typeof PLACES = 'contained'): Contained {
  const source = `
    const lines = (await import('node:readline')).createInterface(process.stdin)[Symbol.asyncIterator]();
    const goOn = () => lines.next();
    const argument = process.argv[1];
    ${program}
    process.exit();`;
  const node = [process.execPath, ...nodeFlags, '--input-type=module', '-e', source, argument];
  const [command = '', ...args] = [...PLACES[place], ...node];
  const child = spawn(command, args);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  let errors = '';
  child.stderr.on('data', part => {
    errors += part;
  });
  return {
    async line() {
      const { value, done } = await lines.next();
      if (done) throw new Error(`The program ended: ${errors}`);
      return value;
    },
    goOn: () => void child.stdin.write('\n'),
    signal: signal => process.kill(innermost(child.pid!), signal),
    ended: once(child, 'close').then(() => errors),
  };
}

/** The process in the namespace, by its number in this one. */
function innermost(pid: number): number {
  const child = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim();
  return child === '' ? pid : innermost(Number(child));
}
