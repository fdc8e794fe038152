import { constants, platform, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import type { WorkerData } from '../base/threads/pool.js';
import { messageOf } from '../errors.js';
import { gramBasisOf } from '../learn/model/gram-basis.js';
import { handOverSnapshot } from '../snapshot/hand-over.js';
import { readContent, type Snapshot } from '../snapshot/snapshot.js';
import { prepareSources } from '../snapshot/sources.js';
import type { LoadMessage, LoadTask } from './load-in-background.js';
import type { PrecomputedData } from './precomputed.js';

const { stored, precomputed: path } = (workerData as WorkerData<LoadTask>).job;

// Where cores are scarce, requests go first. Only on Linux is this the priority of a thread alone.
if (platform() === 'linux') setPriority(0, constants.priority.PRIORITY_LOW);

function post(message: LoadMessage): void {
  parentPort?.postMessage(message, buffersIn(message));
}

const read = readContent(stored);
const snapshot: Snapshot = { ...read, ...foldInBasisOf(read) };
const lists = path === undefined ? undefined : await listsIn(path, snapshot);
const prepared = prepareSources(snapshot);
post({ snapshot: handOverSnapshot(snapshot), prepared, precomputed: lists });

/** What the first user to be folded in would otherwise hold up the service for. */
function foldInBasisOf({ arena, gram, itemFactors, manifest }: Snapshot): Pick<Snapshot, 'gramBasis'> {
  return manifest.objective.algorithm === 'als' ? { gramBasis: gramBasisOf(arena, gram, itemFactors.columns) } : {};
}

/** Lists that cannot be used stop nothing: every answer can be computed. */
async function listsIn(path: string, snapshot: Snapshot): Promise<PrecomputedData | undefined> {
  try {
    const { readPrecomputed } = await import('./read-precomputed.js');
    return await readPrecomputed(path, snapshot);
  } catch (thrown) {
    post({ warning: `All requests are computed online. ${messageOf(thrown)}` });
    return undefined;
  }
}

/** The memory of all arrays in a message that is not shared: moved to the other thread instead of copied. */
function buffersIn(value: unknown, found = new Set<ArrayBuffer>()): ArrayBuffer[] {
  if (ArrayBuffer.isView(value)) {
    if (value.buffer instanceof ArrayBuffer) found.add(value.buffer);
  } else if (typeof value === 'object' && value !== null && !(value instanceof WebAssembly.Memory)) {
    for (const part of Object.values(value)) buffersIn(part, found);
  }
  return [...found];
}
