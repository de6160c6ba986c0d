import { expect, it } from "vitest";
import { day, fileKind, fileSize, initials, moment, money, phoneNumber } from "./format";

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

it("writes sizes and kinds of files", () => {
  expect([812, 24_576, 1_468_006].map(fileSize)).toEqual(["812 B", "24 KB", "1.4 MB"]);
  expect(fileKind("Receta.pdf", "text/plain")).toBe("PDF");
  expect(fileKind("receta", "application/pdf")).toBe("PDF");
  expect(fileKind("receta", "application/vnd.ms-excel")).toBe("");
});

it("writes money, also in a currency that does not exist", () => {
  expect(money(60, "PEN")).toMatch(/60\.00/);
  expect(money(60, "soles")).toBe("60");
});
