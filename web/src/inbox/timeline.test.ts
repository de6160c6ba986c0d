import { expect, it } from "vitest";
import type { CaseView, Message } from "../api/types";
import { timeline } from "./timeline";

const at = (day: number, hour: number) => new Date(2026, 10, day, hour).toISOString();

const message = (seq: number, when: string): Message => ({
  id: `m${seq}`,
  seq,
  at: when,
  author: { kind: "contact" },
  direction: "in",
  content: { type: "text", body: "hola" },
  status: null,
  error: null,
});

const ended: CaseView = {
  id: "k1",
  contact: "c1",
  queue: "ventas",
  state: "ended",
  version: 3,
  queued_at: at(19, 10),
  taken_at: at(19, 11),
  ended_at: at(20, 9),
  assignee: { id: "u1", name: "Eva" },
  end_reason: "resolved",
};

const keys = (items: ReturnType<typeof timeline>) =>
  items.map((item) => (item.kind === "day" ? "day" : item.key));

it("puts what happened to a case between the messages, with a head for each day", () => {
  const items = timeline(
    [message(1, at(19, 9)), message(2, at(19, 12)), message(3, at(20, 10))],
    [ended],
    false,
  );
  expect(keys(items)).toEqual(["day", "m1", "k1-queued", "k1-taken", "m2", "day", "k1-resolved", "m3"]);
});

it("leaves out what happened before the first message loaded", () => {
  const items = timeline([message(2, at(19, 12))], [ended], true);
  expect(keys(items)).toEqual(["day", "m2", "day", "k1-resolved"]);
});

it("keeps messages in the order of the server when clocks disagree", () => {
  const items = timeline([message(1, at(19, 12)), message(2, at(19, 11))], [], false);
  expect(keys(items)).toEqual(["day", "m1", "m2"]);
});

it("shows a case that waits, and one that nobody took", () => {
  const waiting: CaseView = { ...ended, state: "queued", taken_at: null, ended_at: null, end_reason: null };
  expect(keys(timeline([], [waiting], false))).toEqual(["day", "k1-queued"]);
  const late: CaseView = { ...ended, taken_at: null, end_reason: "timed_out" };
  expect(keys(timeline([], [late], false))).toEqual(["day", "k1-queued", "day", "k1-timed_out"]);
});

it("lets the bot speak before a handoff and after an end of the same moment", () => {
  const both = { ...ended, taken_at: null, queued_at: at(20, 8) };
  const items = timeline([message(1, at(20, 8)), message(2, at(20, 9))], [both], false);
  expect(keys(items)).toEqual(["day", "m1", "k1-queued", "k1-resolved", "m2"]);
});
