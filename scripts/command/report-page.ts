import { accessSync, constants, existsSync, rmdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectory } from '../../src/base/files/make-directory.js';
import { writeWhole } from '../../src/base/files/temporary.js';
import { messageOf, ShortlistError } from '../../src/errors.js';
import { commandLine } from './command-line.js';
import { currentCommit, describeMachine, type Machine } from './machine.js';

// What the reports of all commands share: one page that needs nothing else, light or dark as the reader has it.

/** Where, when and how figures were measured. */
export interface Circumstances {
  readonly machine: Machine;
  readonly date: string;
  readonly commit: string | null;
  readonly command: string;
}

/** Those of this process. @param name of the command */
export function circumstances(name: string): Circumstances {
  return {
    machine: describeMachine(),
    date: new Date().toISOString(),
    commit: currentCommit(),
    command: commandLine(name, process.argv.slice(2).join(' ')),
  };
}

/**
 * Fails now, in words, where a report cannot be written, instead of after the measurements.
 * @param flag with which another place can be chosen
 * @throws ShortlistError 'output-unwritable'
 */
export function checkReportPlace(directory: string, flag: string): void {
  const isNew = !existsSync(directory);
  try {
    makeDirectory(directory);
    if (isNew) process.once('exit', () => removeEmpty(directory));
    accessSync(directory, constants.W_OK);
  } catch (cause) {
    throw unwritable(directory, flag, cause);
  }
}

/** A report that never came leaves no directory behind; one that holds a report stays, since it is not empty. */
function removeEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch {}
}

/**
 * Writes `report.json` and `report.html`.
 * @throws ShortlistError 'output-unwritable'
 */
export async function writeReport(directory: string, report: object, page: string, flag: string): Promise<void> {
  const write = (name: string, text: string) => writeWhole(join(directory, name), aside => writeFile(aside, text));
  try {
    await write('report.json', `${JSON.stringify(report, null, 2)}\n`);
    await write('report.html', page);
  } catch (cause) {
    throw unwritable(directory, flag, cause);
  }
}

function unwritable(directory: string, flag: string, cause: unknown): ShortlistError {
  return new ShortlistError(
    'output-unwritable',
    `The report can't be written to ${directory}: ${messageOf(cause)}. Choose another place with ${flag}.`,
    { path: directory },
    { cause },
  );
}

/** @param title plain text. @param content HTML */
export function htmlPage(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
<main>
${content}
</main>
</html>
`;
}

/** A table of names and what there is to say of each. @param rows plain text */
export function factsTable(rows: readonly (readonly [name: string, value: string])[]): string {
  const lines = rows.map(([name, value]) => `<tr><th scope="row">${escapeHtml(name)}<td>${escapeHtml(value)}`);
  return `<table class="facts">${lines.join('')}</table>`;
}

/** @param more facts of the command, before the last line */
export function circumstancesTable(
  { machine, date, commit, command }: Circumstances,
  ...more: (readonly [string, string])[]
): string {
  const memory = `${(machine.memoryBytes / 2 ** 30).toFixed(0)} GiB`;
  return factsTable([
    ['machine', `${machine.cpu}, ${machine.cores} cores, ${memory}, ${machine.system}`],
    ['Node', machine.node],
    ['date', date],
    ['commit', commit ?? 'unknown'],
    ...more,
    ['command', command],
  ]);
}

/** A part of one in percent. */
export function percent(part: number, digits: number): string {
  return `${(100 * part).toFixed(digits)}%`;
}

/** With separators between thousands. */
export function number(value: number): string {
  return value.toLocaleString('en');
}

export function escapeHtml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}

const STYLE = `
:root { color-scheme: light dark; --page: #fff; --ink: #222; --dim: #5c5c5c; --line: #ddd; --good: #e3f4ee; }
@media (prefers-color-scheme: dark) {
  :root { --page: #181a1b; --ink: #e6e6e6; --dim: #a8a8a8; --line: #3c3f41; --good: #12392d; }
}
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page); max-width: 1180px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.7rem; } h2 { font-size: 1.2rem; margin: 2.2rem 0 .3rem; }
.hint { color: var(--dim); margin: .3rem 0 .6rem; font-size: .92rem; }
.summary { border-left: 4px solid #009e73; background: var(--good); padding: .7rem 1rem; }
.scroll { overflow-x: auto; }
table { margin-top: .8rem; border-collapse: collapse; font-size: .84rem; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .55rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child, .two th:nth-child(2), .two td:nth-child(2), .facts td { text-align: left; }
.facts td { white-space: normal; }
tr.pareto { background: var(--good); } tr.chosen { font-weight: 700; }
dt { font-weight: 600; float: left; clear: left; width: 8.5rem; } dd { margin: 0 0 .3rem 8.5rem; }
figure { margin: 0; } figure svg { max-width: 100%; height: auto; } .side { display: flex; flex-wrap: wrap; gap: 1.5rem 4rem; }
[class*=swatches] { font-size: 13px; }
`;
