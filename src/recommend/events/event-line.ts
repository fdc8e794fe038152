import { csvField, fieldPattern, splitLine } from '../../base/tables/text-line.js';
import type { EventColumns, LoggedEvent } from './event-store.js';

/** The first line of a log. */
export function headerOf({ rated, timed }: EventColumns): string {
  return ['userId', 'itemId', ...(rated ? ['rating'] : []), ...(timed ? ['timestamp'] : [])].join(',');
}

/** The columns that a first line names, or undefined when it is not one of `headerOf`. */
export function columnsOf(header: string): EventColumns | undefined {
  const columns = { rated: header.includes(',rating'), timed: header.includes(',timestamp') };
  return header === headerOf(columns) ? columns : undefined;
}

/** An event as a line, without its line break. */
export function lineOf({ userId, itemId, value = 1, timestamp }: LoggedEvent, { rated, timed }: EventColumns): string {
  return `${csvField(userId)},${csvField(itemId)}${rated ? `,${value}` : ''}${timed ? `,${timestamp}` : ''}`;
}

/** The event of a line, or undefined when the line is damaged. */
export function eventOf(line: string, { rated, timed }: EventColumns): LoggedEvent | undefined {
  if (line.includes('"') && !WHOLE_FIELDS.test(`,${line}`)) return undefined;
  const fields = splitLine(line, ',');
  const [userId, itemId] = fields;
  if (!userId || !itemId || fields.length !== 2 + Number(rated) + Number(timed)) return undefined;
  if (fields.includes('')) return undefined;
  const value = rated ? Number(fields[2]) : undefined;
  const timestamp = timed ? Number(fields.at(-1)) : 0;
  return Number.isFinite(value ?? 0) && Number.isFinite(timestamp) ? { userId, itemId, value, timestamp } : undefined;
}

const WHOLE_FIELDS = new RegExp(`^(?:${fieldPattern(',')})+$`);
