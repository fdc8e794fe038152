import { createHash, randomBytes, randomInt } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Which process made something, as its name tells: a number alone means another process in each container. */
export interface ProcessTag {
  /** The part of the name. */
  readonly text: string;
  readonly pid: number;
  /** Clock ticks from the start of the machine to that of the process, since numbers are used again; 0 where not known. */
  readonly start: number;
  /** The PID namespace, within which the number is valid. */
  readonly namespace: number;
  /** One start of one machine; zeros where that cannot be told. */
  readonly kernel: string;
}

const TAG = /(\d+)-(\d+)-(\d+)-([0-9a-f]{8})-[0-9a-f]{8}/;
/** In all machines' place that do not tell when they started. */
export const UNKNOWN_KERNEL = '00000000';

export const thisProcess: Omit<ProcessTag, 'text'> = process.platform === 'linux' ? tagOnLinux() : tagElsewhere();

/** A part for file names that no other call gives, on any machine, and that tells which process made it. */
export function uniqueTag(): string {
  const { pid, start, namespace, kernel } = thisProcess;
  return `${pid}-${start}-${namespace}-${kernel}-${randomBytes(4).toString('hex')}`;
}

/** The process that a name tells of, undefined where it tells of none. */
export function tagIn(name: string): ProcessTag | undefined {
  const [text, pid, start, namespace, kernel] = TAG.exec(name) ?? [];
  if (text === undefined || kernel === undefined) return undefined;
  return { text, pid: Number(pid), start: Number(start), namespace: Number(namespace), kernel };
}

/** Whether the number of a process means the same process here. */
export function isOfThisNamespace({ namespace, kernel }: ProcessTag): boolean {
  return namespace === thisProcess.namespace && kernel === thisProcess.kernel;
}

/** Whether a process of this namespace is there, be it stopped. */
export function isRunning({ pid, start }: ProcessTag): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  if (start === 0) return true;
  // Whose status may not be read, is taken for the one that is meant.
  const status = statusOf(pid);
  return status === undefined || (status.start === start && !status.hasEnded);
}

function tagOnLinux(): typeof thisProcess {
  const { pid } = process;
  // A /proc of another namespace tells of other processes under the same numbers.
  const start = read(() => readlinkSync('/proc/self')) === String(pid) ? (statusOf(pid)?.start ?? 0) : 0;
  const namespace = Number(read(() => readlinkSync('/proc/self/ns/pid'))?.replace(/\D/g, '') || 0);
  const bootId = read(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1'));
  return {
    pid,
    start,
    // One of its own, where nothing could be told of others in it.
    namespace: start > 0 && namespace > 0 ? namespace : randomInt(1, 2 ** 48 - 1),
    kernel: bootId?.slice(0, 8) ?? UNKNOWN_KERNEL,
  };
}

/** Where there are no PID namespaces, and nothing tells when a process began. */
function tagElsewhere(): typeof thisProcess {
  const kernel = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
  return { pid: process.pid, start: 0, namespace: 0, kernel };
}

/** From `/proc/PID/stat`: its second field, the program in parentheses, may hold anything. */
function statusOf(pid: number): { readonly start: number; readonly hasEnded: boolean } | undefined {
  const text = read(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  // One that ended stays in the table until its parent asks for its exit status.
  return fields && { start: Number(fields[19]), hasEnded: fields[0] === 'Z' || fields[0] === 'X' };
}

function read(file: () => string): string | undefined {
  try {
    return file();
  } catch {
    return undefined;
  }
}
