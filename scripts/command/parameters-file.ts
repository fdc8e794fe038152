import { readFileSync } from 'node:fs';
import type { NumberOption } from '../../src/base/options/option.js';
import { messageOf, ShortlistError } from '../../src/errors.js';
import { numberValue } from './flag-values.js';

/**
 * Reads a JSON object of options and their values, such as `{"factors": 128}`. The values are judged as on the command line.
 * @throws ShortlistError `invalid-option` that says what is wrong with the file
 */
export function readParameters<Name extends string>(
  path: string,
  options: Readonly<Partial<Record<Name, NumberOption>>>,
): Partial<Record<Name, number>> {
  const known = new Map(Object.entries<NumberOption | undefined>(options));
  const values: Record<string, number> = {};
  for (const [name, value] of Object.entries(readObject(path))) {
    const option = known.get(name);
    if (!option) throw invalid(path, `${path} has "${name}"; expected only ${[...known.keys()].join(', ')}`);
    const parsed = numberValue(option).safeParse(String(value));
    if (!parsed.success) throw invalid(path, `${name} in ${path}: ${parsed.error.issues[0]?.message}`);
    values[name] = parsed.data;
  }
  return values as Partial<Record<Name, number>>;
}

function readObject(path: string): object {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw invalid(path, `cannot read parameters: ${messageOf(cause)}`, { cause });
  }
  if (typeof content === 'object' && content !== null && !Array.isArray(content)) return content;
  throw invalid(path, `expected a JSON object in ${path}, such as {"factors": 128}`);
}

function invalid(path: string, message: string, options?: ErrorOptions): ShortlistError {
  return new ShortlistError('invalid-option', `--parameters: ${message}`, { path }, options);
}
