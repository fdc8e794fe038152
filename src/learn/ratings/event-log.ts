import { basename } from 'node:path';

/** Which columns a log of events has beside ids. */
interface Columns {
  readonly rated: boolean;
  readonly timed: boolean;
}

/** The first line of a log of events. */
export function headerOf({ rated, timed }: Columns): string {
  return ['userId', 'itemId', ...(rated ? ['rating'] : []), ...(timed ? ['timestamp'] : [])].join(',');
}

/** The columns that a first line names, or undefined when it is not one of `headerOf`. */
export function columnsOf(header: string): Columns | undefined {
  const columns = { rated: header.includes(',rating'), timed: header.includes(',timestamp') };
  return header === headerOf(columns) ? columns : undefined;
}

/** Name of a log in its directory. */
export const LOG_FILE = 'events.csv';

/**
 * Whether a file is a log of events, which is UTF-8 whatever bytes a damaged disk put into it: by its first line and by its
 * name, which begins like that of a log where somebody has moved it away. The first line alone may be anybody's.
 */
export function isLog(file: string, header: string): boolean {
  return /^events.*\.csv/.test(basename(file)) && columnsOf(header) !== undefined;
}
