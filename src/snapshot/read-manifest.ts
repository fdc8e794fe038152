import { join } from 'node:path';
import { z } from 'zod';
import { messageOf, ShortlistError } from '../errors.js';
import { MAX_ATTRIBUTES } from '../learn/ratings/ratings-table.js';
import { damaged, readSmall } from './files.js';
import {
  CHECKSUM_FIELD,
  checksumOf,
  FORMAT_VERSION,
  MANIFEST_FILE,
  type Manifest,
  manifestSchema,
} from './manifest.js';

/** They have some ten thousand. */
const MOST_BYTES = 1 << 24;

/** Manifests of before there were checksums. Since no later one lacks it, none has fields that are not known here. */
const withoutChecksum = manifestSchema.strict();

/** The manifest of a snapshot's directory. @throws {ShortlistError} `snapshot-damaged` */
export async function readManifest(directory: string): Promise<Manifest> {
  const path = join(directory, MANIFEST_FILE);
  let content: unknown;
  try {
    content = JSON.parse(await readSmall(path, MOST_BYTES));
  } catch (cause) {
    if (cause instanceof ShortlistError) throw cause;
    throw damaged(path, `it cannot be read (${messageOf(cause)})`);
  }
  const version = z.object({ formatVersion: z.number() }).safeParse(content);
  if (version.success && version.data.formatVersion !== FORMAT_VERSION) {
    const why = `it has format ${version.data.formatVersion}, this version reads format ${FORMAT_VERSION}`;
    const message = `The snapshot ${directory} was written by another version of Shortlist: ${why}. Rebuild.`;
    throw new ShortlistError('snapshot-damaged', message, { path, why });
  }
  const { [CHECKSUM_FIELD]: checksum, ...fields } = (content ?? {}) as Record<string, unknown>;
  if (checksum !== undefined && checksum !== checksumOf(fields)) {
    throw damaged(path, `its checksum is ${checksumOf(fields)}, it says ${JSON.stringify(checksum)?.slice(0, 100)}`);
  }
  const parsed = (checksum === undefined ? withoutChecksum : manifestSchema).safeParse(fields);
  if (!parsed.success) throw damaged(path, z.prettifyError(parsed.error).replace(/\s+/g, ' '));
  const contradiction = contradictionIn(parsed.data);
  if (contradiction !== undefined) throw damaged(path, contradiction);
  return parsed.data;
}

/** What no field says wrong by itself. */
function contradictionIn({ dataset, retrieval }: Manifest): string | undefined {
  const { attributes = [], scale } = dataset;
  const names = new Set(attributes.map(({ name }) => name));
  if (names.size !== attributes.length) return 'it names an attribute twice';
  if (names.size > MAX_ATTRIBUTES) return `it has ${names.size} attributes, expected at most ${MAX_ATTRIBUTES}`;
  if (scale && !(scale.min <= scale.max)) return `its scale goes from ${scale.min} to ${scale.max}`;
  const isGraphMissing = retrieval.operatingPoint.source === 'hnsw' && !retrieval.hnsw;
  return isGraphMissing ? 'it is to be searched by a graph that it lacks' : undefined;
}
