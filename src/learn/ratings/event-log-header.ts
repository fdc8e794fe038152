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

/** Whether a first line is that of a log of events, which is UTF-8 whatever bytes a damaged disk put into it. */
export function isLogHeader(header: string): boolean {
  return columnsOf(header) !== undefined;
}
