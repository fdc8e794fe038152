import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Claim } from '../base/files/claim.js';
import { freeBytes } from '../base/files/free-space.js';
import { makeDirectory } from '../base/files/make-directory.js';
import { uniqueTag } from '../base/files/process-tag.js';
import { putInPlace, removeLeftovers, withClaim, withTemporary } from '../base/files/temporary.js';
import { messageOf, ShortlistError } from '../errors.js';
import { damaged, readSmall, SnapshotFiles, writeDurably } from './files.js';
import { FORMAT_VERSION, MANIFEST_FILE, type Manifest, manifestText, SNAPSHOT_ID } from './manifest.js';
import { readManifest } from './read-manifest.js';
import { readContent, type Snapshot, type StoredSnapshot } from './snapshot.js';

/** Holds the id of the snapshot to serve; replaced by one atomic rename. */
const CURRENT_FILE = 'current';
const MOST_CURRENT_BYTES = 1000;
/** What is being written aside, and claims of snapshots, which end in the snapshot's id. */
const TEMPORARY = /^\.(?:building|claim)-\d+-/;
const CLAIMED = /^\.claim-.*-(\d{8}T\d{9}Z-[0-9a-f]{8})$/;
/** Of the store's permissions those that its files take over: others never write. */
const DIRECTORY_MODE = 0o2775;
const FILE_MODE = 0o664;

/** What the writer of a snapshot knows; the store adds the rest. */
export type ManifestFacts = Omit<Manifest, 'formatVersion' | 'id' | 'created' | 'files'>;

/**
 * A directory of snapshots, each a directory of its own that never changes once it is there, and a file `current` that
 * names the one to serve. Readers see a whole snapshot or none: it is written aside, the manifest last, then renamed.
 *
 * Any number of processes may write and read at once, in whatever containers. The last one to publish is served; none
 * deletes what another is writing, publishing or reading. The directory is made for its owner alone; what is written
 * into it has the permissions that it has, so that an operator can open it to a group.
 */
export class SnapshotStore {
  /** @param directory made by the first build where there is none, for its owner alone (0700) */
  constructor(readonly directory: string) {}

  /**
   * Ids of the published snapshots, newest first.
   * @throws {ShortlistError} `file-unreadable`
   */
  async list(): Promise<string[]> {
    const names = await readdir(this.directory).catch(this.#unlessMissing([]));
    return names
      .filter(name => SNAPSHOT_ID.test(name))
      .sort()
      .reverse();
  }

  /**
   * The id that `current` names, or undefined when nothing was published yet.
   * @throws {ShortlistError} `file-unreadable`; `snapshot-damaged` where it names none
   */
  async current(): Promise<string | undefined> {
    const path = join(this.directory, CURRENT_FILE);
    const text = await readSmall(path, MOST_CURRENT_BYTES).catch(this.#unlessMissing(undefined));
    const id = text?.trim();
    if (id === undefined || SNAPSHOT_ID.test(id)) return id;
    throw damaged(path, `it names no snapshot, but says ${JSON.stringify(id.slice(0, 40))}`);
  }

  /**
   * The ids to try when one is to be served: `current` first, then from new to old.
   * @param warn called where `current` cannot be followed
   */
  async candidates(warn: (message: string) => void = () => {}): Promise<string[]> {
    const ids = await this.list();
    const current = await this.current().catch(error => warn(`The newest snapshot is taken. ${messageOf(error)}`));
    if (current === undefined) return ids;
    if (ids.includes(current)) return [current, ...ids.filter(id => id !== current)];
    warn(`The newest snapshot is taken: ${join(this.directory, CURRENT_FILE)} names ${current}, which is not there.`);
    return ids;
  }

  /**
   * The snapshot to go back to.
   * @param id the one to go back from
   * @param to a certain one. Default: the newest that is older than `id`.
   * @throws {ShortlistError} `unknown-snapshot`, `no-earlier-snapshot`
   */
  async earlier(id: string, to?: string): Promise<string> {
    const ids = await this.list();
    if (to !== undefined) {
      if (ids.includes(to)) return to;
      throw unknownSnapshot(to, ids);
    }
    // Ids sort by time.
    const before = ids.find(other => other < id);
    if (before !== undefined) return before;
    throw new ShortlistError(
      'no-earlier-snapshot',
      `There is no snapshot older than ${id} to go back to. A build keeps as many as its option \`keep\` says.`,
      { id, ids },
    );
  }

  /**
   * Reads a snapshot and verifies it.
   * @throws {ShortlistError} `snapshot-damaged`
   */
  async open(id: string): Promise<Snapshot> {
    return this.reading(id, async stored => readContent(stored));
  }

  /**
   * Runs `work` on the files of a snapshot, which no publisher deletes before it ends.
   * @throws {ShortlistError} `snapshot-damaged`
   */
  reading<T>(id: string, work: (stored: StoredSnapshot) => Promise<T>): Promise<T> {
    return this.#claiming(id, async () => work(await this.locate(id)));
  }

  /**
   * Where the files of a snapshot are on this machine, for whoever reads them in another thread.
   * @throws {ShortlistError} `snapshot-damaged`
   */
  async locate(id: string): Promise<StoredSnapshot> {
    const directory = join(this.directory, id);
    const manifest = await readManifest(directory);
    if (manifest.id === id) return { directory, manifest };
    throw damaged(
      join(directory, MANIFEST_FILE),
      `it is of snapshot ${manifest.id}: the directory is a copy, or was renamed`,
    );
  }

  /**
   * Writes a snapshot and makes it the current one. Whatever dies on the way, the store stays as it was or has the whole
   * new snapshot.
   * @param write writes the files; what it returns goes into the manifest
   * @param keep how many snapshots stay, at least 1, this one included; older ones are deleted
   * @throws {ShortlistError} `snapshot-unwritable`
   */
  async publish(write: (files: SnapshotFiles) => Promise<ManifestFacts>, keep: number): Promise<Manifest> {
    const created = new Date();
    const stamp = created.toISOString().replace(/[-:.]/g, '');
    const id = `${stamp}-${randomBytes(4).toString('hex')}`;
    const build = async (building: string, own: Claim) => {
      await mkdir(building, 0o700);
      const files = new SnapshotFiles(building);
      const facts = await write(files);
      const manifest: Manifest = {
        formatVersion: FORMAT_VERSION,
        id,
        created: created.toISOString(),
        ...facts,
        files: files.facts,
      };
      await writeDurably(join(building, MANIFEST_FILE), manifestText(manifest));
      await checkWhole(building, manifest.files);
      await this.#openToReaders(building);
      await syncDirectory(building);
      await putInPlace(building, join(this.directory, id), own);
      await this.makeCurrent(id);
      await this.#prune(id, keep);
      return manifest;
    };
    return this.#claiming(id, () => this.#writing(id, build));
  }

  /**
   * Names the snapshot to serve from now on.
   * @throws {ShortlistError} `unknown-snapshot`, `snapshot-unwritable`
   */
  async makeCurrent(id: string): Promise<void> {
    const name = async (aside: string, own: Claim) => {
      const ids = await this.list();
      if (!ids.includes(id)) throw unknownSnapshot(id, ids);
      await writeDurably(aside, `${id}\n`);
      await setMode(aside, (await modeOf(this.directory)) & FILE_MODE);
      await putInPlace(aside, join(this.directory, CURRENT_FILE), own);
    };
    await this.#claiming(id, () => this.#writing(CURRENT_FILE, name));
    await syncDirectory(this.directory);
  }

  /**
   * Fails now, in words, when snapshots cannot be written here, instead of after an hour of training. Deletes what killed
   * writers left, so that a build has the room.
   * @throws {ShortlistError} `snapshot-unwritable`
   */
  async checkWritable(): Promise<void> {
    try {
      makeDirectory(this.directory, 0o700);
    } catch (cause) {
      throw asUnwritable(this.directory, cause);
    }
    await this.#removeLeftovers();
    await this.#writing('probe', async probe => {
      await mkdir(probe);
    });
  }

  /**
   * Fails now when there is no room for so many bytes. Where the system does not tell, nothing is checked.
   * @throws {ShortlistError} `snapshot-unwritable`
   */
  async checkSpace(bytes: number): Promise<void> {
    const free = await freeBytes(this.directory);
    if (free === undefined || free >= bytes) return;
    throw new ShortlistError(
      'snapshot-unwritable',
      `The snapshot needs about ${megabytes(bytes)} MB, and ${megabytes(free)} MB are free in ${this.directory}. Make ` +
        'room, by deleting old snapshots for example, or give another directory.',
      { directory: this.directory, cause: 'ENOSPC' },
    );
  }

  /** Runs `work` with a path that no other writer has, and that others leave alone while this process is there. */
  async #writing<T>(name: string, work: (aside: string, own: Claim) => Promise<T>): Promise<T> {
    try {
      return await withTemporary(join(this.directory, `.building-${uniqueTag()}-${name}`), work);
    } catch (cause) {
      throw asUnwritable(this.directory, cause);
    }
  }

  /** Runs `work` while no other process deletes a snapshot, be it there already or not yet. */
  #claiming<T>(id: string, work: () => Promise<T>): Promise<T> {
    return withClaim(join(this.directory, `.claim-${uniqueTag()}-${id}`), work);
  }

  /** What to take where there is nothing yet. Whatever else stands in the way of reading is told as it is. */
  #unlessMissing<T>(value: T): (cause: NodeJS.ErrnoException) => T {
    return cause => {
      if (cause.code === 'ENOENT') return value;
      if (cause instanceof ShortlistError) throw cause;
      throw new ShortlistError(
        'file-unreadable',
        `Snapshots cannot be read from ${this.directory}: ${messageOf(cause)}.`,
        { file: this.directory },
        { cause },
      );
    };
  }

  /** Gives a snapshot and its files, those too that a library wrote, the permissions of the store. */
  async #openToReaders(directory: string): Promise<void> {
    const mode = await modeOf(this.directory);
    for (const name of await readdir(directory)) await setMode(join(directory, name), mode & FILE_MODE);
    await setMode(directory, mode & DIRECTORY_MODE);
  }

  /**
   * Deletes what is older than the newest `keep` snapshots, but neither the current one nor one that another process is
   * publishing or reading.
   */
  async #prune(justPublished: string, keep: number): Promise<void> {
    // In this order: who has published a listed one has claimed it still, or has made it the current one.
    const old = (await this.list()).slice(keep);
    await this.#removeLeftovers();
    const claimed = new Set((await readdir(this.directory)).map(name => CLAIMED.exec(name)?.[1]));
    for (const id of old) {
      if (id !== justPublished && !claimed.has(id) && id !== (await this.current())) await this.#delete(id);
    }
  }

  /** Whole, as readers see it; unless it has become the current one meanwhile. */
  #delete(id: string): Promise<void> {
    const place = join(this.directory, id);
    return this.#writing('old', async aside => {
      const isThere = await rename(place, aside).then(
        () => true,
        error => {
          // Another publisher deletes it too.
          if (error.code === 'ENOENT') return false;
          throw error;
        },
      );
      if (isThere && id === (await this.current())) await rename(aside, place);
    });
  }

  #removeLeftovers(): Promise<void> {
    return removeLeftovers(this.directory, name => TEMPORARY.test(name));
  }
}

function unknownSnapshot(to: string, ids: readonly string[]): ShortlistError {
  const listed = ids.join(', ') || 'none';
  return new ShortlistError('unknown-snapshot', `There is no snapshot "${to}". There are: ${listed}.`, { to, ids });
}

/** Nobody but this process writes here, yet somebody may delete. */
async function checkWhole(directory: string, files: Manifest['files']): Promise<void> {
  for (const [name, { bytes }] of Object.entries(files)) {
    const path = join(directory, name);
    const { size } = await stat(path);
    if (size === bytes) continue;
    throw new ShortlistError(
      'snapshot-unwritable',
      `${path} has ${size} bytes, ${bytes} were written. The snapshot is not published.`,
      { directory, file: path },
    );
  }
}

async function modeOf(directory: string): Promise<number> {
  return (await stat(directory)).mode;
}

/** Where there are no such permissions, there are others that hold. */
async function setMode(path: string, mode: number): Promise<void> {
  await chmod(path, mode).catch(() => {});
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / 1e6);
}

/** Makes renames in a directory durable; where directories cannot be opened (Windows) the system does so by itself. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r').catch(() => undefined);
  try {
    await directory?.sync().catch(() => {});
  } finally {
    await directory?.close();
  }
}

/** What the system refused, in words; any other failure as it is. */
function asUnwritable(directory: string, cause: unknown): unknown {
  if (cause instanceof ShortlistError && cause.code === 'output-unwritable') {
    return new ShortlistError('snapshot-unwritable', cause.message, { directory }, { cause });
  }
  const { code, errno } = cause as NodeJS.ErrnoException;
  if (code === undefined || errno === undefined) return cause;
  return new ShortlistError(
    'snapshot-unwritable',
    `Snapshots cannot be written to ${directory}: ${messageOf(cause)}. Give a directory that this user can write, with space left.`,
    { directory, cause: code },
    { cause },
  );
}
