import { describe, expect, it } from "vitest";
import type { ConversationSummary } from "../api/types";
import { arrived, unreadElsewhere, wrote } from "./notices";

describe("the queue", () => {
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
});

describe("the people I look after", () => {
  const mine = (unread: Record<string, number>) =>
    Object.entries(unread).map(([contact, count]) => ({ contact, unread: count }) as ConversationSummary);
  const elsewhere = (unread: Record<string, number>, onScreen?: string) =>
    unreadElsewhere(mine(unread), onScreen);

  it("counts who wrote, without the one on screen", () => {
    expect([...elsewhere({ a: 2, b: 0, c: 1 }, "c")]).toEqual([["a", 2]]);
  });

  it("hears each further message and no reading", () => {
    expect(wrote(elsewhere({ a: 0 }), elsewhere({ a: 1 }))).toBe(true);
    expect(wrote(elsewhere({ a: 1 }), elsewhere({ a: 2 }))).toBe(true);
    expect(wrote(elsewhere({ a: 2, b: 1 }), elsewhere({ a: 0, b: 1 }))).toBe(false);
  });
});
