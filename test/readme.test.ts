import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { runScript } from './support/run-script.js';

const scripts: Record<string, string> = JSON.parse(readFileSync('package.json', 'utf8')).scripts;
const texts = ['README.md', 'src/README.md'].map(file => readFileSync(file, 'utf8')).join('\n');
/** Each `npm run NAME` and `npx shortlist NAME` of the READMEs with the flags that follow it anywhere. */
const named = new Map<string, Set<string>>();
for (const [, name, rest] of texts.matchAll(/(?:npm run (?:-s )?|npx shortlist )([a-z:-]+)([^`\n]*)/g)) {
  const flags = named.get(name!) ?? new Set();
  for (const [flag] of rest!.matchAll(/--[a-z][a-z-]*/g)) flags.add(flag);
  named.set(name!, flags);
}

describe('what the READMEs name', () => {
  test('there are commands in them', () => {
    expect([...named.keys()]).toEqual(expect.arrayContaining(['demo', 'rebuild', 'evaluate', 'benchmark', 'batch']));
  });

  test.each([...named])('npm run %s exists and knows its flags', async (name, flags) => {
    expect(scripts[name]).toBeDefined();
    // Not a command of this project but a tool over it (`npm run coverage`), or the service.
    if (!scripts[name]!.includes(`dist/scripts/${name}.js`))
      return expect(['--help']).toEqual(expect.arrayContaining([...flags]));
    const { code, stdout } = await runScript(name, ['--help']);
    expect(code).toBe(0);
    for (const flag of flags) expect(stdout).toContain(flag);
  });
});
