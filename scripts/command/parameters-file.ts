import { readFileSync } from 'node:fs';
import { messageOf } from '../../src/errors.js';
import type { Flags, Options } from './command.js';

/** Values of some flags. */
export type GivenOptions<F extends Flags> = { readonly [Name in keyof F]?: Exclude<Options<F>[Name], undefined> };

/**
 * Reads a JSON object of flags and their values, such as `{"factors": 128}`. The values are judged as on the command line.
 * @throws Error that says in a sentence what is wrong with the file
 */
export function readParameters<F extends Flags>(path: string, flags: F): GivenOptions<F> {
  const values: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(readObject(path))) {
    const flag = flags[name];
    if (!flag) throw new Error(`${path} has "${name}"; expected only ${Object.keys(flags).join(', ')}`);
    const parsed = flag.schema.safeParse(String(value));
    if (!parsed.success) throw new Error(`${name} in ${path}: ${parsed.error.issues[0]?.message}`);
    values[name] = parsed.data;
  }
  return values as GivenOptions<F>;
}

function readObject(path: string): object {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new Error(`cannot read parameters: ${messageOf(cause)}`, { cause });
  }
  if (typeof content === 'object' && content !== null && !Array.isArray(content)) return content;
  throw new Error(`expected a JSON object in ${path}, such as {"factors": 128}`);
}
