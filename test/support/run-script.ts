import { type SpawnOptionsWithoutStdio, spawn } from 'node:child_process';
import { nodeFlags, programFile } from './program.js';

export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command as its own process, as `npm run NAME -- ARGS` would. */
export function runScript(name: string, args: readonly string[], cwd = process.cwd()): Promise<Run> {
  return run(process.execPath, [...nodeFlags, programFile(`scripts/${name}`), ...args], { cwd });
}

/** Runs a program to its end. */
export function run(file: string, args: readonly string[], options: SpawnOptionsWithoutStdio): Promise<Run> {
  const child = spawn(file, args, options);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', text => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', text => {
    stderr += text;
  });
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('close', code => done({ code, stdout, stderr }));
  });
}
