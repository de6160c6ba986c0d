import { expect, it } from "vitest";
import { day, initials, moment, phoneNumber } from "./format";

const at = (day: number, hour: number) => new Date(2026, 4, day, hour, 5).getTime();

it("names days by the calendar, not by the hour", () => {
  expect(day(at(3, 23), at(4, 1))).toBe("Ayer");
  expect(day(at(4, 0), at(4, 23))).toBe("Hoy");
  expect(day(at(1, 12), at(4, 12))).toBe("1 de mayo de 2026");
});

it("says the time today and the date before", () => {
  expect(moment(at(4, 9), at(4, 12))).toBe("09:05");
  expect(moment(at(1, 9), at(4, 12))).toBe("01/05/26");
});

it("writes people as people do", () => {
  expect(phoneNumber("51987654321")).toBe("+51 987 654 321");
  expect(phoneNumber("+51 1 700 1234")).toBe("+51 1 700 1234");
  expect(initials("Rosa María Quispe")).toBe("RM");
  expect(initials("")).toBe("");
});
