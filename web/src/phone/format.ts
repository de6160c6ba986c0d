// Times, days and numbers as the phone writes them.
import { LOCALE } from "../i18n";

const TIME = new Intl.DateTimeFormat(LOCALE, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const DATE = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "long", year: "numeric" });
const SHORT_DATE = new Intl.DateTimeFormat(LOCALE, { day: "2-digit", month: "2-digit", year: "2-digit" });
const DECIMAL = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 1 });
const RELATIVE = new Intl.RelativeTimeFormat(LOCALE, { numeric: "auto" });

/** "14:05" */
export const time = (at: number): string => TIME.format(at);

/** Whole days from `at` to `now`, by the calendar. */
export function daysAgo(at: number, now: number): number {
  const midnight = (ms: number) => new Date(ms).setHours(0, 0, 0, 0);
  return Math.round((midnight(now) - midnight(at)) / 86_400_000);
}

/** "Hoy", "Ayer", "3 de mayo de 2026" */
export function day(at: number, now: number): string {
  const ago = daysAgo(at, now);
  if (ago > 1 || ago < 0) return DATE.format(at);
  const word = RELATIVE.format(-ago, "day");
  return word.charAt(0).toLocaleUpperCase(LOCALE) + word.slice(1);
}

/** The time for today, the date for before: what a row of the chat list says. */
export const moment = (at: number, now: number): string =>
  daysAgo(at, now) === 0 ? time(at) : SHORT_DATE.format(at);

/** "812 B", "24 KB", "1.4 MB" */
export function fileSize(bytes: number): string {
  const step = bytes < 1024 ? 0 : bytes < 1024 ** 2 ? 1 : 2;
  return `${DECIMAL.format(bytes / 1024 ** step)} ${["B", "KB", "MB"][step]}`;
}

/** "PDF", "XLSX": what sort of document it is, by its name or else by its MIME. */
export function fileKind(name: string, mime: string): string {
  const ending = /\.([a-z0-9]{1,5})$/i.exec(name)?.[1] ?? /\/(?:x-)?([a-z0-9]{1,5})$/i.exec(mime)?.[1] ?? "";
  return ending.toUpperCase();
}

/** "S/ 60.00"; without a currency that the browser knows, the bare number. */
export function money(amount: number, currency: string): string {
  try {
    return new Intl.NumberFormat(LOCALE, {
      style: "currency",
      currency,
      currencyDisplay: "narrowSymbol",
    }).format(amount);
  } catch {
    return DECIMAL.format(amount);
  }
}

/** "-12.04597, -77.03056" */
export const coordinates = (latitude: number, longitude: number): string =>
  `${latitude.toFixed(5)}, ${longitude.toFixed(5)}`;

/** "+51 987 654 321" of WhatsApp's bare digits; what is not bare digits stays as it is. */
export const phoneNumber = (number: string): string =>
  /^\d+$/.test(number)
    ? `+${number.slice(0, 2)} ${number.slice(2).replace(/\B(?=(\d{3})+$)/g, " ")}`
    : number;

/** "RQ" of "Rosa Quispe". */
export const initials = (name: string): string =>
  name
    .split(/\s+/)
    .slice(0, 2)
    .map((word) => [...word][0] ?? "")
    .join("")
    .toLocaleUpperCase(LOCALE);

/** A colour for this person, always the same: a hue in degrees. The golden angle keeps neighbours apart. */
export const hue = (key: string): number =>
  Math.round([...key].reduce((sum, c, place) => sum + c.charCodeAt(0) * (place + 1), 0) * 137.508) % 360;
