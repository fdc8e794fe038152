import type { ErrorCode, ErrorFields, ShortlistError } from '../../src/errors.js';
import { commandLine } from './command-line.js';

/** What whoever runs a command can do about an error whose message, written for programs, cannot say it. */
const ADVICE: { readonly [Code in ErrorCode]?: (fields: ErrorFields[Code]) => string } = {
  'no-snapshot': ({ directory }) => `Build one: ${commandLine('rebuild', `--ratings FILE --snapshots ${directory}`)}`,
};

/**
 * The message of an error for whoever runs a command: the names of options in it, which stand in backticks, become those
 * of flags or variables, and a command line follows where one helps.
 * @param nameOf how an option is given here, such as `--min-rating` for `minRating`; undefined where it cannot be
 */
export function messageForReader(error: ShortlistError, nameOf: (option: string) => string | undefined): string {
  const message = error.message.replace(/`(\w+)`/g, (_, option: string) => nameOf(option) ?? option);
  const advice = ADVICE[error.code] as ((fields: object) => string) | undefined;
  return advice ? `${message} ${advice(error.fields)}` : message;
}
