import { expect, it } from "vitest";
import { place } from "./placing";

const PHONE = { left: 100, top: 0, right: 500, bottom: 800 };
const MENU = { width: 200, height: 300 };
const button = (left: number, top: number) => ({ left, top, right: left + 30, bottom: top + 30 });

it("opens below and towards the middle", () => {
  expect(place(button(120, 100), MENU, PHONE)).toEqual({ left: 120, top: 134 });
  expect(place(button(460, 100), MENU, PHONE)).toEqual({ left: 290, top: 134 });
});

it("opens above where there is no room below", () => {
  expect(place(button(120, 700), MENU, PHONE)).toEqual({ left: 120, top: 396 });
});

it("never leaves the phone", () => {
  expect(place(button(-50, 100), MENU, PHONE).left).toBe(104);
  expect(place(button(120, 300), { width: 200, height: 600 }, PHONE).top).toBe(4);
});
