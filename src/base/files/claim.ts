import {
  closeSync,
  existsSync,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
  statfsSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { isOfThisNamespace, isRunning, tagIn, thisProcess, UNKNOWN_KERNEL } from './process-tag.js';

/** Says to processes in other containers and on other machines that this one still needs what has a certain name. */
export interface Claim {
  /** Whether nobody has taken it for abandoned. */
  isHeld(): boolean;
  release(): void;
}

/**
 * So long nothing may be heard of a writer whose process cannot be asked. Longer than any pause after which one would
 * expect a build to go on, shorter than the day between two nightly builds.
 */
export const SILENCE_HOURS = 12;
const BEAT_MS = 60_000;

/**
 * The file that stands for a claim: a socket where that can answer for the writer, else an empty file. It is named after
 * the tag alone, since names of sockets must be short.
 */
export function lockOf(path: string): string {
  return join(dirname(path), `.shortlist-${tagIn(basename(path))?.text}.lock`);
}

export function isLock(name: string): boolean {
  return /^\.shortlist-.*\.(lock|new)$/.test(name) && tagIn(name) !== undefined;
}

/**
 * File systems that one kernel has for itself, as `statfs` numbers them: ext, xfs, btrfs, overlay, tmpfs, zfs, f2fs,
 * bcachefs. On others (NFS, SMB, FUSE, 9p) a socket answers only to some of those that see it.
 */
const LOCAL = new Set([0xef53, 0x58465342, 0x9123683e, 0x794c7630, 0x01021994, 0x2fc12fc1, 0xf2f52010, 0xca451a4e]);

/**
 * Claims a path, which may but need not exist, whose name has a part by `uniqueTag`.
 * @throws what the system answers where nothing can be written beside it
 */
export async function claim(path: string): Promise<Claim> {
  const lock = lockOf(path);
  const close = await listen(lock);
  if (!close) writeFileSync(lock, '', { flag: 'wx', mode: 0o600 });
  const beat = setInterval(() => touch(lock), BEAT_MS).unref();
  return {
    isHeld: () => existsSync(lock),
    release() {
      clearInterval(beat);
      close?.();
      rmSync(lock, { force: true });
    },
  };
}

/**
 * Whether the writer of a path, which another process claimed, is gone for good. One that is stopped is not. In this order:
 * - in the same PID namespace, by whether its process is there;
 * - on a file system of this machine alone, by the machine's start and by whether its socket takes connections: for a
 *   writer that is stopped the kernel does so;
 * - else by silence.
 */
export async function isAbandoned(path: string): Promise<boolean> {
  const writer = tagIn(basename(path));
  if (writer && isOfThisNamespace(writer)) return !isRunning(writer);
  const lock = lockOf(path);
  const state = lstatSync(lock, { throwIfNoEntry: false });
  if (writer && state?.isSocket() && isLocal(dirname(path))) {
    if (writer.kernel !== thisProcess.kernel) return true;
    const answer = await ask(lock);
    if (answer !== 'unknown') return answer === 'nobody';
  }
  const heard = Math.max(state?.mtimeMs ?? 0, lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  return Date.now() - heard > SILENCE_HOURS * 3_600_000;
}

/** Whether a socket in a directory tells the truth about its process to all who see it. */
function isLocal(directory: string): boolean {
  if (thisProcess.kernel === UNKNOWN_KERNEL || process.platform !== 'linux') return false;
  try {
    return LOCAL.has(statfsSync(directory).type >>> 0);
  } catch {
    return false;
  }
}

/** @returns ends it; undefined where there can be no socket */
async function listen(lock: string): Promise<(() => void) | undefined> {
  if (!isLocal(dirname(lock))) return undefined;
  const server = createServer(socket => socket.destroy());
  const aside = lock.replace(/lock$/, 'new');
  try {
    await inDirectory(
      aside,
      path =>
        // Not shared with other processes of a cluster: their parent would hold it.
        new Promise<void>((resolve, reject) => {
          server.once('error', reject).listen({ path, exclusive: true }, resolve);
        }),
    );
    // Only now: a socket that is bound and does not listen yet looks like one that is left.
    renameSync(aside, lock);
  } catch {
    server.close();
    return undefined;
  }
  // Who cannot take a connection is there all the same.
  server.on('error', () => {}).unref();
  return () => void server.close();
}

async function ask(lock: string): Promise<'somebody' | 'nobody' | 'unknown'> {
  const asking = inDirectory(
    lock,
    path =>
      new Promise<'somebody' | 'nobody' | 'unknown'>(resolve => {
        const socket = connect(path, () => {
          socket.destroy();
          resolve('somebody');
        });
        socket.on('error', ({ code }: NodeJS.ErrnoException) => {
          // EAGAIN: so many have asked one that is stopped that no more can wait.
          resolve(code === 'EAGAIN' ? 'somebody' : code === 'ECONNREFUSED' ? 'nobody' : 'unknown');
        });
      }),
  );
  return asking.catch(() => 'unknown');
}

/**
 * Runs `work` with a short path of a file: names of sockets have some hundred bytes at most, the directory included, and what
 * is longer is cut off.
 */
async function inDirectory<T>(file: string, work: (path: string) => Promise<T>): Promise<T> {
  const directory = openSync(dirname(file), 'r');
  try {
    return await work(`/proc/self/fd/${directory}/${basename(file)}`);
  } finally {
    closeSync(directory);
  }
}

function touch(path: string): void {
  try {
    const now = new Date();
    utimesSync(path, now, now);
  } catch {
    // Whoever holds the claim finds out when it needs to know.
  }
}
