import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf, ShortlistError } from '../errors.js';
import { damaged } from './files.js';
import { FORMAT_VERSION, MANIFEST_FILE, type Manifest, manifestSchema } from './manifest.js';

/** The manifest of a snapshot's directory. @throws {ShortlistError} `snapshot-damaged` */
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
    const why = `it has format ${version.data.formatVersion}, this version reads format ${FORMAT_VERSION}`;
    const message = `The snapshot ${directory} was written by another version of Shortlist: ${why}. Rebuild.`;
    throw new ShortlistError('snapshot-damaged', message, { path, why });
  }
  const parsed = manifestSchema.safeParse(manifest);
  if (parsed.success) return parsed.data;
  throw damaged(path, z.prettifyError(parsed.error).replace(/\s+/g, ' '));
}
