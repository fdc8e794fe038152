/** Names the program that called a command; the processes that the command starts inherit it. */
const LAUNCHER = 'SHORTLIST_LAUNCHER';

/** Has all command lines from now on begin with `launcher`, such as `npx shortlist`. */
export function launchedBy(launcher: string): void {
  process.env[LAUNCHER] = launcher;
}

/**
 * A call of a command as whoever reads it would type it: `npx shortlist rebuild --ratings r.csv` where the package is
 * installed, `npm run rebuild -- --ratings r.csv` in the repository.
 * @param name of the command, such as `rebuild` or `start`
 */
export function commandLine(name: string, args = ''): string {
  const launcher = process.env[LAUNCHER];
  if (launcher) return args === '' ? `${launcher} ${name}` : `${launcher} ${name} ${args}`;
  const script = name === 'start' ? 'npm start' : `npm run ${name}`;
  return args === '' ? script : `${script} -- ${args}`;
}
