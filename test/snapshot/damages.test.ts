import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { platform } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRandom, type Random } from '../../src/base/numeric/random.js';
import type { CatalogueItem } from '../../src/learn/ratings/ratings-table.js';
import { loadHnswlib } from '../../src/retrieve/hnswlib.js';
import { SnapshotStore } from '../../src/snapshot/store.js';
import { nodeFlags, programFile } from '../support/program.js';
import { newDirectory } from '../support/scratch-directory.js';
import { buildSmallSnapshot, smallData } from '../support/small-snapshot.js';

/** Of these a sixth with all checksums right again, as a broken or hostile writer would leave them. */
const RUNS = Number(process.env.DAMAGE_RUNS ?? 150);
/** So long nothing takes, however slow the machine. */
const HANG_MS = 60_000;

/** Loads the newest good snapshot of each directory that it is told, and answers requests of every kind. */
const CHILD = `
const [{ SnapshotStore }, { LiveSnapshot }, { loadNewestSnapshot }, { openRecommender }] = await Promise.all(
  process.argv.slice(2).map(file => import(file)));
process.on('message', async ({ directory, users, items, inThread }) => {
  const warnings = [];
  const warn = message => void warnings.push(message);
  const store = new SnapshotStore(directory);
  try {
    let recommender;
    if (inThread) {
      const live = await LiveSnapshot.open({ store, warn });
      live.close();
      recommender = live.recommender;
    } else {
      recommender = await openRecommender(await loadNewestSnapshot(store, warn), warn);
    }
    const invalid = [];
    const ask = (request, answer) => {
      try {
        const reply = answer();
        const listed = reply.items ?? [];
        const ids = listed.map(({ itemId }) => itemId);
        if (new Set(ids).size < ids.length) invalid.push(request + ' lists an item twice');
        if (!ids.every(id => recommender.knows(id))) invalid.push(request + ' lists what is not in the catalogue');
        const scores = listed.flatMap(({ score }) => score ?? []);
        const isInOrder = scores.every((score, i) => Number.isFinite(score) && !(score > scores[i - 1]));
        if (!isInOrder && !request.startsWith('popular')) invalid.push(request + ' is not in order: ' + scores);
        if (!scores.every(Number.isFinite)) invalid.push(request + ' has no scores');
        return reply;
      } catch (error) {
        if (!['unknown-item', 'unknown-attribute', 'invalid-filter'].includes(error.code)) invalid.push(request + ' fails: ' + error.stack);
        return String(error.code);
      }
    };
    const answers = [
      ...users.flatMap(userId => [
        ask('recommend ' + userId, () => recommender.recommend({ userId, limit: 20, coldShare: 1 })),
        ask('explain ' + userId, () => recommender.recommend({ userId, limit: 3, explain: true, history: [{ itemId: items[0] }], coldShare: 1 })),
      ]),
      ...items.flatMap(itemId => [
        ask('similar ' + itemId, () => recommender.similar(itemId, 20, { coldShare: 1 })),
        ask('history ' + itemId, () => recommender.recommend({ history: [{ itemId }], limit: 20, coldShare: 1 })),
        ask('item ' + itemId, () => recommender.item(itemId)),
      ]),
      ...['damped-mean', 'mean', 'count', 'trending'].map(ranker => ask('popular ' + ranker, () => recommender.popular({ ranker, limit: 1000 }))),
      ...['price<=20', 'brand=b1|b2', 'tags=t1', 'isNew=true'].map(filter =>
        ask('filter ' + filter, () => recommender.recommend({ userId: users[0], limit: 20, coldShare: 1, filters: [filter] }))),
      ask('categories', () => recommender.categories('', 100)),
      ask('search', () => recommender.searchItems('a', 100)),
    ];
    process.send({ snapshot: recommender.manifest.id, answers: JSON.stringify(answers), invalid, warnings });
  } catch (error) {
    process.send({ refused: String(error.stack), warnings });
  }
});
process.send('ready');`;

interface Outcome {
  readonly snapshot?: string;
  readonly answers?: string;
  readonly invalid?: readonly string[];
  readonly refused?: string;
  readonly warnings: readonly string[];
  /** How the process ended, or that it never would have. */
  readonly lost?: string;
}

/** A process that outlives its answers, but not what takes it down. */
class Loader {
  #child: ChildProcess | undefined;

  async load(task: object): Promise<Outcome> {
    this.#child ??= await this.#start();
    const child = this.#child;
    let timer: NodeJS.Timeout | undefined;
    const answer = new Promise<Outcome>(resolve => {
      child.once('message', message => resolve(message as Outcome));
      child.once('exit', (code, signal) => resolve({ lost: `crash: ${code ?? signal}`, warnings: [] }));
      timer = setTimeout(() => resolve({ lost: 'hang', warnings: [] }), HANG_MS);
    });
    child.send(task);
    const outcome = await answer;
    clearTimeout(timer);
    child.removeAllListeners();
    if (outcome.lost !== undefined) this.close();
    return outcome;
  }

  close(): void {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }

  async #start(): Promise<ChildProcess> {
    const parts = [
      'snapshot/store',
      'recommend/live-snapshot',
      'snapshot/newest-snapshot',
      'recommend/open-recommender',
    ];
    const program = join(newDirectory(), 'loader.mjs');
    writeFileSync(program, CHILD);
    const files = parts.map(part => programFile(`src/${part}`));
    const child = spawn(process.execPath, [...nodeFlags, program, ...files], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    await once(child, 'message');
    return child;
  }
}

/** Everything that a snapshot may have files for. */
function catalogue(): CatalogueItem[] {
  const rich = smallData.catalogue.map((item, i) => ({
    ...item,
    ...(i % 17 === 0 && { available: false as const }),
    attributes: { price: i / 4, isNew: i % 3 === 0, brand: `b${i % 5}`, tags: [`t${i % 3}`, `t${i % 4}`] },
  }));
  const categories = rich.find(item => item.categories.length > 0)!.categories;
  const cold = Array.from({ length: 10 }, (_, i) => ({ itemId: `cold-${i}`, title: `Cold ${i}`, categories }));
  return [...rich, ...cold];
}

const below = (random: Random, all: readonly string[]) => all[random.below(all.length)]!;

/** What may happen to the bytes of a file. */
const CONTENT: Readonly<Record<string, (bytes: Buffer, random: Random) => Buffer>> = {
  flip(bytes, random) {
    for (let i = random.below(3); i >= 0 && bytes.length > 0; i--)
      bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
    return bytes;
  },
  word(bytes, random) {
    if (bytes.length < 4) return bytes;
    const at = 4 * random.below(Math.floor(bytes.length / 4));
    const old = bytes.readUInt32LE(at);
    const other = bytes.readUInt32LE(4 * random.below(Math.floor(bytes.length / 4)));
    bytes.writeUInt32LE(
      [0, 1, old + 1, old - 1, 2 ** 31, 2 ** 32 - 1, 0x7fc00000, 0x7f800000, other][random.below(9)]! >>> 0,
      at,
    );
    return bytes;
  },
  zero: (bytes, random) => bytes.fill(0, random.below(bytes.length + 1), random.below(bytes.length + 1)),
  noise(bytes, random) {
    for (let at = random.below(bytes.length + 1); at < bytes.length; at++) bytes[at] = random.below(256);
    return bytes;
  },
  shorter: (bytes, random) => bytes.subarray(0, random.below(bytes.length + 1)),
  longer: (bytes, random) => Buffer.concat([bytes, Buffer.alloc(1 + random.below(5000), random.below(256))]),
};

/** What may stand where a file was. */
const INSTEAD: Readonly<Record<string, (path: string) => void>> = {
  nothing() {},
  directory: path => mkdirSync(path),
  ...(platform() !== 'win32' && { pipe: path => void execFileSync('mkfifo', [path]) }),
  zeros: path => symlinkSync('/dev/zero', path),
  itself: path => symlinkSync(path, path),
  // Without using the disk.
  huge(path) {
    writeFileSync(path, '');
    truncateSync(path, 3e9);
  },
};

const NUMBERS = [0, -1, 1, 0.5, 2 ** 31, 2 ** 32, 2 ** 53, 1e308, -1e308];

/** Changes one field of a manifest, wherever it is. */
function changeField(value: object, random: Random): void {
  const fields = value as Record<string, unknown>;
  const names = Object.keys(fields);
  if (names.length === 0) return;
  const name = below(random, names);
  const old = fields[name];
  if (typeof old === 'object' && old !== null && random.below(10) > 0) {
    changeField(old, random);
    return;
  }
  const texts = ['', '..', 'hnsw', 'exact', 'clusters', 'sgd', 'als', 'number', 'texts', '2020-01-01T00:00:00.000Z'];
  const choices = [undefined, null, [], {}, true, !old, below(random, texts)];
  if (typeof old === 'number') choices.push(...NUMBERS, old + 1, old * 2, old - 1, -old);
  fields[name] = choices[random.below(choices.length)];
}

/** Makes all checksums of a snapshot right again. */
function reseal(directory: string, name: string, change: (manifest: Record<string, unknown>) => void = () => {}): void {
  const path = join(directory, 'manifest.json');
  const { checksum, ...manifest } = JSON.parse(readFileSync(path, 'utf8'));
  if (name !== 'manifest.json') {
    const bytes = readFileSync(join(directory, name));
    manifest.files[name] = { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  }
  change(manifest);
  const sealed = checksum && { checksum: createHash('sha256').update(JSON.stringify(manifest)).digest('hex') };
  writeFileSync(path, JSON.stringify({ ...manifest, ...sealed }));
}

let pristine: string;
let older: string;
let newer: string;
const loader = new Loader();
const users = smallData.table.userIds
  .slice(0, 400)
  .filter((id, i, ids) => ids.indexOf(id) === i)
  .slice(0, 6);
const items = ['cold-3', ...smallData.table.itemIds.slice(0, 4)];
/** What each of the two answers when it is whole. */
const whole = new Map<string | undefined, string | undefined>();
/** By user: what the newer one must not list. */
let seen: ReadonlyMap<string, ReadonlySet<string>>;

const hasHnsw = await loadHnswlib().then(
  () => true,
  () => false,
);

beforeAll(async () => {
  const { store } = await buildSmallSnapshot({ sources: ['clusters'], items: catalogue() });
  pristine = store.directory;
  older = (await store.current())!;
  await buildSmallSnapshot(
    { sources: hasHnsw ? ['hnsw'] : ['clusters'], seed: 2, items: catalogue() },
    smallData,
    store,
  );
  newer = (await store.current())!;
  for (const id of [older, newer]) {
    await store.makeCurrent(id);
    const { answers, ...outcome } = await loader.load({ directory: pristine, users, items, inThread: true });
    expect(outcome).toEqual({ snapshot: id, invalid: [], warnings: [] });
    whole.set(id, answers);
  }
  const { seen: rows, users: known, items: all } = await store.open(newer);
  seen = new Map(
    users.map(id => {
      const user = known.indexOf(id)!;
      const own = rows.indices.subarray(rows.starts[user], rows.starts[user + 1]);
      return [id, new Set(Array.from(own, item => all.ids[item]!))];
    }),
  );
});

afterAll(() => loader.close());

/** Damages a copy of the store at random. @returns what was done, and to what beside the manifest */
function damage(directory: string, random: Random, isSealed: boolean): { done: string; touched: string } {
  const snapshot = join(directory, newer);
  const files = readdirSync(snapshot);
  const name = random.below(12) === 0 ? 'manifest.json' : below(random, files);
  const path = join(snapshot, name);
  if (isSealed) {
    if (name === 'manifest.json') {
      reseal(snapshot, name, manifest => changeField(manifest, random));
      return { done: `field of ${name}, sealed`, touched: path };
    }
    const kind = below(random, Object.keys(CONTENT));
    writeFileSync(path, CONTENT[kind]!(readFileSync(path), random));
    reseal(snapshot, name);
    return { done: `${kind} of ${name}, sealed`, touched: path };
  }
  const target = random.below(15) === 0 ? join(directory, 'current') : path;
  const place = target === path ? name : 'current';
  const kind = below(random, [
    ...Object.keys(CONTENT),
    ...Object.keys(CONTENT),
    ...Object.keys(INSTEAD),
    'swap',
    'rename',
  ]);
  if (kind === 'swap') {
    const other = below(random, files);
    writeFileSync(target, readFileSync(join(snapshot, other === name ? 'manifest.json' : other)));
    return { done: `${other} as ${place}`, touched: target };
  }
  if (kind === 'rename') {
    const copy = `2099${newer.slice(4)}`;
    cpSync(snapshot, join(directory, copy), { recursive: true });
    writeFileSync(join(directory, 'current'), `${copy}\n`);
    return { done: 'copy of the snapshot under another name', touched: join(directory, copy) };
  }
  if (CONTENT[kind]) {
    writeFileSync(target, CONTENT[kind](readFileSync(target), random));
  } else {
    rmSync(target);
    INSTEAD[kind]!(target);
  }
  return { done: `${kind} of ${place}`, touched: target };
}

/** Why an outcome is wrong, or undefined where it is right. */
function faultOf(
  done: string,
  { snapshot, answers, invalid, refused, lost }: Outcome,
  isSealed: boolean,
): string | undefined {
  if (lost !== undefined || refused !== undefined) return lost ?? `refused: ${refused}`;
  if (invalid && invalid.length > 0) return `wrong: ${invalid[0]}`;
  if (answers === whole.get(snapshot)) return undefined;
  if (!isSealed) return `wrong: answers of ${snapshot} are others`;
  if (/ (seen|item-id|user-id|field)/.test(` ${done.split(' of ')[1]} ${done}`)) return undefined;
  const lists = JSON.parse(answers!) as { userId?: string; items?: { itemId: string }[]; reason?: string }[];
  const isSeen = lists.some(({ userId, items }) => items?.some(({ itemId }) => seen.get(userId ?? '')?.has(itemId)));
  return isSeen ? 'wrong: a user is recommended what they have seen' : undefined;
}

describe('a damaged snapshot beside a good older one', () => {
  test(`of ${RUNS} damages none stops the start, and every answer is that of one of the two`, {
    timeout: 4e6,
  }, async () => {
    const directory = newDirectory();
    cpSync(pristine, directory, { recursive: true });
    const faults: string[] = [];
    const taken = { newer: 0, older: 0 };
    for (let run = 0; run < RUNS; run++) {
      const random = createRandom(run);
      const isSealed = run % 6 === 0;
      const { done, touched } = damage(directory, random, isSealed);
      const outcome = await loader.load({ directory, users, items, inThread: run % 10 === 5 });
      for (const path of [touched, join(directory, newer, 'manifest.json'), join(directory, 'current')]) {
        rmSync(path, { recursive: true, force: true });
        const original = join(pristine, relative(directory, path));
        if (existsSync(original)) cpSync(original, path);
      }
      if (outcome.snapshot === older) taken.older++;
      else if (outcome.snapshot !== undefined) taken.newer++;
      const wrong = faultOf(done, outcome, isSealed);
      if (wrong !== undefined) faults.push(`${run}: ${done}: ${wrong.slice(0, 1000)}`);
    }
    if (process.env.DAMAGE_RUNS) console.info(`${RUNS} damages: ${JSON.stringify(taken)}, ${faults.length} faults`);
    expect(faults).toEqual([]);
  });
});

describe('a snapshot whose checksums are right is refused for', () => {
  const words = (change: (words: Uint32Array) => void) => (bytes: Buffer) =>
    change(new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4));
  const put = (at: number, value: number) => words(all => all.fill(value, at, at + 1));
  const float = (value: number) => (bytes: Buffer) => void bytes.writeFloatLE(value, 40);
  const double = (value: number) => (bytes: Buffer) => void bytes.writeDoubleLE(value, 40);
  const swap = (a: number, b: number) =>
    words(all => {
      [all[a], all[b]] = [all[b]!, all[a]!];
    });

  test.each<[file: string, what: string, change: (bytes: Buffer) => void, why: RegExp]>([
    ['user-id-slots.u32', 'a table without a free slot', words(all => all.fill(1)), /of 256 slots are taken/],
    ['item-id-slots.u32', 'an id that is not there', put(0, 5000), /slot 0 has id 4999/],
    ['item-id-slots.u32', 'ids at other places', words(all => all.reverse()), /is found as/],
    ['item-ids-starts.u32', 'a start beyond its end', put(1, 2 ** 31), /before its start/],
    ['titles-starts.u32', 'a first start', put(0, 1), /starts at 1, expected 0/],
    ['categories.u16', 'categories out of order', bytes => void bytes.fill(255, 0, 2), /does not come after/],
    ['user-factors.f32', 'a vector with NaN', float(Number.NaN), /has the norm NaN/],
    ['item-factors.f32', 'an infinite vector', float(Number.POSITIVE_INFINITY), /has the norm Infinity/],
    ['cell-centroids.f32', 'a vector beyond all measure', float(1e30), /has the norm 1\.0\d*e\+30/],
    ['average-user.f32', 'an infinite vector', float(Number.NEGATIVE_INFINITY), /has the norm Infinity/],
    ['gram.f64', 'NaN', double(Number.NaN), /entry 5 is NaN/],
    ['cell-starts.u32', 'a cell of no items', words(all => all.copyWithin(1, 2, 3)), /cell 1 holds no item/],
    ['cell-starts.u32', 'cells of too many items', words(all => all.fill(9999, -1)), /ends at 9999, expected/],
    ['seen-starts.u32', 'a row that ends before it starts', swap(1, 2), /before its start/],
    ['seen-items.u32', 'an item twice', words(all => all.copyWithin(1, 0, 1)), /expected more than/],
    ['seen-items.u32', 'an item beyond the last', words(all => all.fill(9999, -1)), /is 9999, expected less than/],
    ['seen-values.f32', 'a rating of NaN', float(Number.NaN), /is NaN, expected a finite number/],
    ['item-categories.u32', 'a category beyond the last', put(0, 9999), /is 9999, expected less than/],
    ['category-items.u32', 'a category with another item', swap(0, 1), /not among its items where it should be/],
    ['popularity-mean.u32', 'an item twice', words(all => all.copyWithin(1, 0, 1)), /which was there before/],
    ['popularity-mean.u32', 'another order', words(all => all.reverse()), /which ranks lower/],
    ['popularity-count.f32', 'less than no ratings', words(all => all.fill(0xbf800000)), /ranks lower/],
    ['cold-items.u32', 'items out of order', swap(0, 1), /expected more than/],
    ['unavailable-items.u32', 'an item beyond the last', put(0, 9999), /is 9999, expected less than/],
    ['attribute-0.f64', 'an infinite price', double(Number.POSITIVE_INFINITY), /has Infinity, expected a number/],
    ['attribute-1.f64', 'half a yes', double(0.5), /has 0\.5, expected true or false/],
    ['attribute-2-numbers.u32', 'a text beyond the last', put(0, 9999), /is 9999, expected less than/],
    ['attribute-2-texts-starts.u32', 'an empty text in between', words(all => all.copyWithin(2, 1, 2)), /come after/],
    ['search-texts-starts.u32', 'a start beyond its end', put(1, 2 ** 31), /before its start/],
  ])('%s: %s', async (file, _, change, why) => {
    const directory = newDirectory();
    cpSync(join(pristine, newer), join(directory, newer), { recursive: true });
    const path = join(directory, newer, file);
    const bytes = readFileSync(path);
    change(bytes);
    writeFileSync(path, bytes);
    reseal(join(directory, newer), file);
    await expect(new SnapshotStore(directory).open(newer)).rejects.toThrow(why);
  });

  test.each<[what: string, facts: object]>([
    ['more users than files have', { users: 2 ** 53 - 1 }],
    ['more items', { items: 2 ** 32 }],
    ['fewer ratings', { ratings: 1 }],
    ['another number of cold items', { coldItems: 0 }],
    ['attributes it has no files for', { attributes: Array.from('abcde', name => ({ name, kind: 'text' })) }],
    ['attributes of another kind', { attributes: Array.from('abcd', name => ({ name, kind: 'number' })) }],
  ])('a manifest that says it has %s', async (_, facts) => {
    const directory = newDirectory();
    cpSync(join(pristine, newer), join(directory, newer), { recursive: true });
    reseal(join(directory, newer), 'manifest.json', manifest => Object.assign(manifest.dataset as object, facts));
    await expect(new SnapshotStore(directory).open(newer)).rejects.toMatchObject({ code: 'snapshot-damaged' });
  });
});
