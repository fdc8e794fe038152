import { randomBytes, randomUUID } from 'node:crypto';
import { open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectory } from '../base/files/make-directory.js';
import { removeLeftovers, withTemporary } from '../base/files/temporary.js';
import { messageOf, ShortlistError } from '../errors.js';
import { SnapshotFiles, writeDurably } from './files.js';
import { FORMAT_VERSION, MANIFEST_FILE, type Manifest } from './manifest.js';
import { readManifest } from './read-manifest.js';
import { readContent, type Snapshot, type StoredSnapshot } from './snapshot.js';

/** Holds the id of the snapshot to serve; replaced by one atomic rename. */
const CURRENT_FILE = 'current';
/** Directories of this prefix are being written; the number after it is the writer's process id. */
const BUILDING_PREFIX = '.building-';
const BUILDING = /^\.building-(\d+)-/;

/** What the writer of a snapshot knows; the store adds the rest. */
export type ManifestFacts = Omit<Manifest, 'formatVersion' | 'id' | 'created' | 'files'>;

/**
 * A directory of snapshots, each a directory of its own that never changes once it is there, and a file `current` that
 * names the one to serve. Readers see a whole snapshot or none: it is written aside, the manifest last, then renamed.
 */
export class SnapshotStore {
  /** @param directory made by the first build where there is none */
  constructor(readonly directory: string) {}

  /**
   * Ids of the published snapshots, newest first.
   * @throws {ShortlistError} `file-unreadable`
   */
  async list(): Promise<string[]> {
    const names = await readdir(this.directory).catch(this.#unlessMissing([]));
    return names
      .filter(name => /^\d{8}T\d{9}Z-[0-9a-f]{8}$/.test(name))
      .sort()
      .reverse();
  }

  /**
   * The id that `current` names, or undefined when nothing was published yet.
   * @throws {ShortlistError} `file-unreadable`
   */
  async current(): Promise<string | undefined> {
    const text = await readFile(join(this.directory, CURRENT_FILE), 'utf8').catch(this.#unlessMissing(undefined));
    return text?.trim() || undefined;
  }

  /** The ids to try when one is to be served: `current` first, then from new to old. */
  async candidates(): Promise<string[]> {
    const [current, ids] = await Promise.all([this.current(), this.list()]);
    return current !== undefined && ids.includes(current) ? [current, ...ids.filter(id => id !== current)] : ids;
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
      const listed = ids.join(', ') || 'none';
      throw new ShortlistError('unknown-snapshot', `There is no snapshot "${to}". There are: ${listed}.`, { to, ids });
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
    return readContent(await this.locate(id));
  }

  /**
   * Where the files of a snapshot are on this machine, for whoever reads them in another thread.
   * @throws {ShortlistError} `snapshot-damaged`
   */
  async locate(id: string): Promise<StoredSnapshot> {
    const directory = join(this.directory, id);
    return { directory, manifest: await readManifest(directory) };
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
    return this.#writing(id, async building => {
      makeDirectory(building);
      const files = new SnapshotFiles(building);
      const facts = await write(files);
      const manifest: Manifest = {
        formatVersion: FORMAT_VERSION,
        id,
        created: created.toISOString(),
        ...facts,
        files: files.facts,
      };
      await writeDurably(join(building, MANIFEST_FILE), `${JSON.stringify(manifest, null, 2)}\n`);
      await syncDirectory(building);
      await rename(building, join(this.directory, id));
      await this.makeCurrent(id);
      await this.#prune(id, keep);
      return manifest;
    });
  }

  /**
   * Names the snapshot to serve from now on. It must be published.
   * @throws {ShortlistError} `snapshot-unwritable`
   */
  async makeCurrent(id: string): Promise<void> {
    await this.#writing(CURRENT_FILE, async aside => {
      await writeDurably(aside, `${id}\n`);
      await rename(aside, join(this.directory, CURRENT_FILE));
    });
    await syncDirectory(this.directory);
  }

  /**
   * Fails now, in words, when snapshots cannot be written here, instead of after an hour of training.
   * @throws {ShortlistError} `snapshot-unwritable`
   */
  async checkWritable(): Promise<void> {
    await this.#writing('probe', async probe => {
      makeDirectory(this.directory);
      makeDirectory(probe);
    });
  }

  /**
   * Runs `work` with a path that no other writer has. Whoever publishes later clears it away where this process was
   * killed with it.
   */
  async #writing<T>(name: string, work: (aside: string) => Promise<T>): Promise<T> {
    const aside = join(this.directory, `${BUILDING_PREFIX}${process.pid}-${name}-${randomUUID()}`);
    try {
      return await withTemporary(aside, work);
    } catch (cause) {
      throw asUnwritable(this.directory, cause);
    }
  }

  /** What to take where there is nothing yet. Whatever else stands in the way of reading is told as it is. */
  #unlessMissing<T>(value: T): (cause: NodeJS.ErrnoException) => T {
    return cause => {
      if (cause.code === 'ENOENT') return value;
      throw new ShortlistError(
        'file-unreadable',
        `Snapshots cannot be read from ${this.directory}: ${messageOf(cause)}.`,
        { file: this.directory },
        { cause },
      );
    };
  }

  /** Deletes what is older than the newest `keep` snapshots, and what dead writers left behind. */
  async #prune(justPublished: string, keep: number): Promise<void> {
    const old = (await this.list()).slice(keep).filter(id => id !== justPublished);
    for (const name of old) await rm(join(this.directory, name), { recursive: true, force: true });
    removeLeftovers(this.directory, name => BUILDING.exec(name)?.[1]);
  }
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
  const { code, errno } = cause as NodeJS.ErrnoException;
  if (code === undefined || errno === undefined) return cause;
  return new ShortlistError(
    'snapshot-unwritable',
    `Snapshots cannot be written to ${directory}: ${messageOf(cause)}. Give a directory that this user can write, with space left.`,
    { directory, cause: code },
    { cause },
  );
}
