/** A value of a feature as text, in a language. */
import { dateText, numberText } from './locale.js';

/** The longest text of a value that is shown. */
const LONGEST = 1000;
/** A date as databases and JSON write it, with its time or without. */
const DATE = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?\s?(?:Z|[+-]\d\d(?::?\d\d)?)?)?$/;

/** A date as it is written, whatever zone it is of: a day must not become the one before. */
function writtenDate(text: string, lang?: string): string | undefined {
  const found = DATE.exec(text);
  if (!found) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found.slice(1).map((part) => Number(part ?? 0));
  const time = new Date(0);
  time.setUTCFullYear(year, month - 1, day);
  time.setUTCHours(hour, minute, second);
  if (time.getUTCMonth() !== month - 1 || time.getUTCDate() !== day || time.getUTCHours() !== hour) return undefined;
  return dateText(+time, lang, { dateStyle: 'medium', timeStyle: hour || minute || second ? 'short' : undefined });
}

/** A number with the digits that matter, and without a group of thousands where it may be a year. */
function number(value: number, lang?: string): string {
  const options = Math.abs(value) < 1 ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: 2 };
  return numberText(value, lang, { ...options, useGrouping: 'min2' } as object);
}

/** The text of anything that data has; undefined where there is nothing. */
export function valueText(value: unknown, lang?: string): string | undefined {
  if (value === null || value === undefined || value === '') return undefined;
  if (typeof value === 'number') return number(value, lang);
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return writtenDate(text, lang) ?? (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
}
