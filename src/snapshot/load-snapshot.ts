import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf, ShortlistError } from '../errors.js';
import { damaged } from './files.js';
import { FORMAT_VERSION, MANIFEST_FILE, type Manifest, manifestSchema } from './manifest.js';
import { readContent, type Snapshot } from './snapshot.js';
import type { SnapshotStore } from './store.js';

/**
 * Reads a snapshot and verifies it.
 * @throws {ShortlistError} `snapshot-damaged`
 */
export async function loadSnapshot(store: SnapshotStore, id: string): Promise<Snapshot> {
  const directory = store.pathOf(id);
  return readContent(directory, await readManifest(directory));
}

/**
 * The current snapshot, or where it is damaged the newest one that is not.
 * @param warn is told of each damaged one
 * @throws {ShortlistError} `no-snapshot`
 */
export function loadNewestSnapshot(store: SnapshotStore, warn: (message: string) => void): Promise<Snapshot> {
  return loadNewest(store, warn, id => loadSnapshot(store, id));
}

/** The same with another way to load a snapshot. */
export async function loadNewest<Loaded>(
  store: SnapshotStore,
  warn: (message: string) => void,
  load: (id: string) => Promise<Loaded>,
): Promise<Loaded> {
  const ids = await store.candidates();
  for (const id of ids) {
    try {
      return await load(id);
    } catch (error) {
      if (!(error instanceof ShortlistError && error.code === 'snapshot-damaged')) throw error;
      warn(`Snapshot ${id} is passed over. ${error.message}`);
    }
  }
  throw new ShortlistError(
    'no-snapshot',
    `There is no ${ids.length > 0 ? 'undamaged ' : ''}snapshot in ${store.directory}. ` +
      `Build one: npm run rebuild -- --ratings FILE --snapshots ${store.directory}`,
    { directory: store.directory, damaged: ids },
  );
}

/** @throws {ShortlistError} `snapshot-damaged` */
export async function readManifest(directory: string): Promise<Manifest> {
  const path = join(directory, MANIFEST_FILE);
  let manifest: unknown;
  try {
    manifest = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw damaged(path, `it cannot be read (${messageOf(cause)})`);
  }
  const version = z.object({ formatVersion: z.number() }).safeParse(manifest);
  if (version.success && version.data.formatVersion !== FORMAT_VERSION) {
    throw damaged(path, `it has format ${version.data.formatVersion}, this version reads format ${FORMAT_VERSION}`);
  }
  const parsed = manifestSchema.safeParse(manifest);
  if (parsed.success) return parsed.data;
  throw damaged(path, z.prettifyError(parsed.error).replace(/\s+/g, ' '));
}
