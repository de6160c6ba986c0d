// How times are told on screens: short, in the language of the catalogue, in the zone of the person who looks.
import { LOCALE, t } from "../i18n";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A length in milliseconds, with at most two units: "< 1 min", "3 min", "23 h 10 min", from two days on "2 d 4 h". */
export function duration(ms: number): string {
  if (ms < MINUTE) return t("time.lessThanMinute");
  const d = ms < 2 * DAY ? 0 : Math.floor(ms / DAY);
  const h = Math.floor((ms - d * DAY) / HOUR);
  const m = Math.floor((ms % HOUR) / MINUTE);
  if (d > 0) return h > 0 ? t("time.daysHours", { d, h }) : t("time.days", { d });
  if (h > 0) return m > 0 ? t("time.hoursMinutes", { h, m }) : t("time.hours", { h });
  return t("time.minutes", { m });
}

/** How long ago, never negative. */
export const since = (instant: string, now: number) => duration(Math.max(0, now - Date.parse(instant)));

const clockFormat = new Intl.DateTimeFormat(LOCALE, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const weekdayFormat = new Intl.DateTimeFormat(LOCALE, { weekday: "long" });
const dayFormat = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "long" });
const dayYearFormat = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "long", year: "numeric" });
const shortFormat = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "short" });
const fullFormat = new Intl.DateTimeFormat(LOCALE, {
  dateStyle: "long",
  timeStyle: "short",
  hourCycle: "h23",
});

/** "14:05". */
export const clock = (instant: string) => clockFormat.format(new Date(instant));

/** "20 de noviembre de 2026, 14:05", for tooltips. */
export const full = (instant: string) => fullFormat.format(new Date(instant));

/** A length of sound or film: "0:07", "12:05", "1:02:03"; what is shorter than a second is not nothing. */
export function playTime(seconds: number): string {
  const whole = Number.isFinite(seconds) && seconds > 0 ? Math.max(1, Math.floor(seconds)) : 0;
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (part: number) => String(part).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

const WRITTEN_DATE = /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}:\d{2}))?$/;

/**
 * A date as flows keep it, in words: "21 de noviembre de 2026", with its hour when it has one. It belongs to the
 * person's own calendar, so no zone moves it. Anything else: null.
 */
export function writtenDate(value: string): string | null {
  const [, year, month, day, hour] = WRITTEN_DATE.exec(value) ?? [];
  if (!year || !month || !day) return null;
  const date = new Date(Number(year), Number(month) - 1, Number(day));
  if (date.getMonth() !== Number(month) - 1 || date.getDate() !== Number(day)) return null;
  const text = dayYearFormat.format(date);
  return hour ? `${text}, ${hour}` : text;
}

/** Days of the calendar between two moments, in the zone of the browser. */
function daysBetween(then: Date, now: Date): number {
  const midnight = (date: Date) => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return Math.round((midnight(now) - midnight(then)) / DAY);
}

/** The head of a day in a conversation: "Hoy", "Ayer", "martes", "3 de marzo", "3 de marzo de 2025". */
export function dayName(instant: string, now: number): string {
  const then = new Date(instant);
  const today = new Date(now);
  const days = daysBetween(then, today);
  if (days === 0) return t("time.today");
  if (days === 1) return t("time.yesterday");
  if (days > 1 && days < 7) return weekdayFormat.format(then);
  return (then.getFullYear() === today.getFullYear() ? dayFormat : dayYearFormat).format(then);
}

/** In a list: the clock for today, "Ayer", or the day. */
export function shortWhen(instant: string, now: number): string {
  const then = new Date(instant);
  const days = daysBetween(then, new Date(now));
  if (days === 0) return clockFormat.format(then);
  if (days === 1) return t("time.yesterday");
  return shortFormat.format(then);
}

/** In a sentence: "hoy, 14:05", "ayer, 9:30", "3 de marzo, 10:00". */
export function whenInSentence(instant: string, now: number): string {
  const day = dayName(instant, now);
  return `${day.toLocaleLowerCase(LOCALE)}, ${clock(instant)}`;
}

export type WindowLeft = { state: "none" | "open" | "closing" | "closed"; ms: number };

/** From here on the countdown of the 24-hour window asks for attention. */
const CLOSING_MS = 2 * HOUR;

/** How the 24-hour window stands. "none": the person has not written yet. */
export function windowLeft(endsAt: string | null, now: number): WindowLeft {
  if (endsAt === null) return { state: "none", ms: 0 };
  const ms = Date.parse(endsAt) - now;
  if (ms <= 0) return { state: "closed", ms: 0 };
  return { state: ms < CLOSING_MS ? "closing" : "open", ms };
}
