import { describe, expect, it } from "vitest";
import { dayName, duration, playTime, shortWhen, since, windowLeft, writtenDate } from "./time";

const MIN = 60_000;
const HOUR = 60 * MIN;
// Local times, so that the tests say the same in every zone.
const local = (year: number, month: number, day: number, hour = 12, minute = 0) =>
  new Date(year, month - 1, day, hour, minute).toISOString();
const NOW = Date.parse(local(2026, 11, 20, 0, 5));

describe("duration", () => {
  it.each([
    [0, "< 1 min"],
    [MIN - 1, "< 1 min"],
    [3 * MIN + 59_000, "3 min"],
    [HOUR, "1 h"],
    [23 * HOUR + 10 * MIN, "23 h 10 min"],
    [24 * HOUR, "24 h"],
    [48 * HOUR, "2 d"],
    [52 * HOUR + 59 * MIN, "2 d 4 h"],
  ])("%d ms is %s", (ms, text) => {
    expect(duration(ms)).toBe(text);
  });

  it("does not count backwards when the clocks disagree", () => {
    expect(since(new Date(NOW + MIN).toISOString(), NOW)).toBe("< 1 min");
  });
});

describe("days", () => {
  it.each([
    [local(2026, 11, 20, 0, 1), "Hoy"],
    [local(2026, 11, 19, 23, 59), "Ayer"],
    [local(2026, 11, 17), "martes"],
    [local(2026, 11, 13), "13 de noviembre"],
    [local(2025, 11, 20), "20 de noviembre de 2025"],
  ])("the day of %s is %s", (instant, text) => {
    expect(dayName(instant, NOW)).toBe(text);
  });

  it("shows the clock in a list for today only", () => {
    expect(shortWhen(local(2026, 11, 20, 0, 1), NOW)).toBe("00:01");
    expect(shortWhen(local(2026, 11, 19, 0, 1), NOW)).toBe("Ayer");
    expect(shortWhen(local(2026, 3, 9), NOW)).toMatch(/^9 (de )?mar/);
  });
});

describe("windowLeft", () => {
  const ends = (ms: number) => new Date(NOW + ms).toISOString();
  it("is none before the person wrote", () => {
    expect(windowLeft(null, NOW).state).toBe("none");
  });
  it("asks for attention under two hours and closes at zero", () => {
    expect(windowLeft(ends(2 * HOUR), NOW).state).toBe("open");
    expect(windowLeft(ends(2 * HOUR - 1), NOW).state).toBe("closing");
    expect(windowLeft(ends(0), NOW).state).toBe("closed");
    expect(windowLeft(ends(-HOUR), NOW)).toEqual({ state: "closed", ms: 0 });
  });
});

it.each([
  [0, "0:00"],
  [0.4, "0:01"],
  [7.9, "0:07"],
  [725, "12:05"],
  [3723, "1:02:03"],
  [-1, "0:00"],
  [Number.POSITIVE_INFINITY, "0:00"],
])("%d seconds of sound are %s", (seconds, text) => {
  expect(playTime(seconds)).toBe(text);
});

it.each([
  ["2026-11-21", "21 de noviembre de 2026"],
  ["2026-01-01", "1 de enero de 2026"],
  ["2026-11-21T16:30", "21 de noviembre de 2026, 16:30"],
  ["2026-02-31", null],
  ["16:30", null],
  ["2026-11-21 y algo", null],
])("a date kept as %s reads %s", (value, text) => {
  expect(writtenDate(value)).toBe(text);
});
