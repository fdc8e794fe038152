import { resolve } from 'node:path';

/** Whether child processes run the sources as they stand (`npm run test:watch`), or the build that `npm test` made. */
const FROM_SOURCE = process.env.VITEST_MODE === 'WATCH';

/** A file of the project for a child process, by its path without the extension: 'src/main'. */
export function programFile(name: string): string {
  return resolve(FROM_SOURCE ? `${name}.ts` : `dist/${name}.js`);
}

/** Flags with which Node runs such a file, or a program that imports one. */
export const nodeFlags: readonly string[] = FROM_SOURCE ? ['--import', import.meta.resolve('tsx')] : [];
