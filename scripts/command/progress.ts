import { SingleBar } from 'cli-progress';
import { kebabCase } from './command.js';

/** A plain line at most this often, so that a log stays readable and a long silence does not look like a hang. */
const PLAIN_LINE_MS = 2_000;

/** Shows the progress of long work on stderr: a bar on a terminal, plain lines elsewhere. */
export interface Progress {
  /**
   * Begins a stage; the one before must have ended.
   * @param total steps to go, 0 when nobody can tell
   */
  stage(name: string, total?: number): Stage;
  /** A line of its own between stages. */
  note(line: string): void;
}

export interface Stage {
  /** Steps done so far, and what to show beside them. */
  update(done: number, detail?: string): void;
  /** Ends the stage with its time and, where given, a last detail. Returns the seconds it took. */
  end(detail?: string): number;
}

export function createProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  return {
    stage: (name, total = 0) => (stream.isTTY ? barStage(stream, name, total) : plainStage(stream, name, total)),
    note: line => stream.write(`${withFlags(line)}\n`),
  };
}

/** A line of the library speaks of options in backticks; all of them are flags to those who run commands. */
function withFlags(line: string): string {
  return line.replace(/`(\w+)`/g, (_, option: string) => `--${kebabCase(option)}`);
}

function barStage(stream: NodeJS.WriteStream, name: string, total: number): Stage {
  const bar = new SingleBar({
    stream,
    format: total > 0 ? `${name} {bar} {value}/{total} {detail}` : `${name} {detail}`,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 24,
    clearOnComplete: true,
  });
  const started = performance.now();
  bar.start(total, 0, { detail: '' });
  return {
    update: (done, detail = '') => bar.update(done, { detail }),
    end(detail) {
      bar.stop();
      return finish(stream, name, started, detail);
    },
  };
}

function plainStage(stream: NodeJS.WriteStream, name: string, total: number): Stage {
  const started = performance.now();
  let shown = started;
  return {
    update(done, detail) {
      const now = performance.now();
      if (now - shown < PLAIN_LINE_MS) return;
      shown = now;
      const steps = total > 0 ? [`${done}/${total}`] : [];
      stream.write(`${[name, ...steps, ...(detail ? [detail] : [])].join(' ')}\n`);
    },
    end: detail => finish(stream, name, started, detail),
  };
}

function finish(stream: NodeJS.WriteStream, name: string, started: number, detail?: string): number {
  const seconds = (performance.now() - started) / 1000;
  stream.write(`${name} done in ${seconds.toFixed(seconds < 10 ? 2 : 1)} s${detail ? `: ${detail}` : ''}\n`);
  return seconds;
}
