import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { coalesce } from "./coalesce";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

it("hands a burst over as one set without repeats", async () => {
  const sets: string[][] = [];
  const add = coalesce<string>(100, async (items) => sets.push([...items]));
  for (const item of ["a", "b", "a"]) add(item);
  await vi.advanceTimersByTimeAsync(99);
  expect(sets).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(sets).toEqual([["a", "b"]]);
});

it("does not let a steady stream put the work off", async () => {
  const sets: string[][] = [];
  const add = coalesce<string>(100, async (items) => sets.push([...items]));
  for (let n = 0; n < 5; n++) {
    add(`e${n}`);
    await vi.advanceTimersByTimeAsync(50);
  }
  expect(sets.length).toBeGreaterThanOrEqual(2);
});

it("keeps what arrives during the work for the next set, also when the work fails", async () => {
  const sets: string[][] = [];
  let fail: (reason: Error) => void = () => {};
  const add = coalesce<string>(10, (items) => {
    sets.push([...items]);
    return new Promise((_, reject) => {
      fail = reject;
    });
  });
  add("a");
  await vi.advanceTimersByTimeAsync(10);
  add("b");
  await vi.advanceTimersByTimeAsync(1000);
  expect(sets).toEqual([["a"]]);
  fail(new Error("offline"));
  await vi.advanceTimersByTimeAsync(10);
  expect(sets).toEqual([["a"], ["b"]]);
});
