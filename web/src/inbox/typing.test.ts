import { afterEach, expect, it, vi } from "vitest";
import { showTyping } from "../api/queries";
import { tellTyping } from "./typing";

vi.mock("../api/queries", () => ({ showTyping: vi.fn(() => Promise.reject(new Error("nobody there"))) }));
const told = vi.mocked(showTyping);

afterEach(() => vi.useRealTimers());

it("tells at once, then every eight seconds while one writes, for each person apart", () => {
  vi.useFakeTimers();
  tellTyping("c1");
  vi.advanceTimersByTime(7999);
  tellTyping("c1");
  expect(told).toHaveBeenCalledTimes(1);
  tellTyping("c2");
  expect(told).toHaveBeenLastCalledWith("c2");
  vi.advanceTimersByTime(1);
  tellTyping("c1");
  expect(told.mock.calls.map(([contact]) => contact)).toEqual(["c1", "c2", "c1"]);
});
