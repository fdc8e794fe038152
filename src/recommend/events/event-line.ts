import { MAX_ID_LENGTH } from '../../base/tables/plain-id.js';
import { csvField, fieldPattern, splitLine } from '../../base/tables/text-line.js';
import type { EventColumns, LoggedEvent } from './event-store.js';

/** Longest line, in bytes: ids of three bytes a character, or all quotes, and numbers with more digits than any needs. */
export const MAX_LINE_BYTES = 2 * (3 * MAX_ID_LENGTH + 2) + 2 * 100;

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
  if (fields.includes('') || Math.max(userId.length, itemId.length) > MAX_ID_LENGTH) return undefined;
  const value = rated ? Number(fields[2]) : undefined;
  const timestamp = timed ? Number(fields.at(-1)) : 0;
  return Number.isFinite(value ?? 0) && Number.isFinite(timestamp) ? { userId, itemId, value, timestamp } : undefined;
}

const WHOLE_FIELDS = new RegExp(`^(?:${fieldPattern(',')})+$`);
