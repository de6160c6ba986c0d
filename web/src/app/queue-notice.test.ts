import { expect, it } from "vitest";
import { arrived } from "./queue-notice";

const sight = (cases: string[], count = cases.length) => ({ count, cases: new Set(cases) });

it("hears a new case, also when another one left at the same time", () => {
  expect(arrived(sight(["a"]), sight(["a", "b"]))).toBe(true);
  expect(arrived(sight(["a"]), sight(["b"]))).toBe(true);
});

it("is silent when cases leave, and when an old one moves onto the page", () => {
  expect(arrived(sight(["a", "b"]), sight(["b"]))).toBe(false);
  expect(arrived(sight(["a", "b"], 60), sight(["b", "c"], 59))).toBe(false);
});

it("hears a new case that is not on the page yet", () => {
  expect(arrived(sight(["a", "b"], 60), sight(["a", "b"], 61))).toBe(true);
});
