import { expect, it } from "vitest";
import { sampleMessage } from "../api/sample";
import type { Author, CaseView } from "../api/types";
import { timeline } from "./timeline";

const at = (day: number, hour: number) => new Date(2026, 10, day, hour).toISOString();

const message = (seq: number, when: string) => sampleMessage(seq, { id: `m${seq}`, at: when });

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

it("tells which messages go on what the one above says", () => {
  const by = (node: string) => ({ kind: "bot", node, node_name: node }) as const;
  const words = (seq: number, when: string, author: Author) => sampleMessage(seq, { at: when, author });
  const items = timeline(
    [
      words(1, at(19, 8), by("a")),
      words(2, at(19, 8), by("a")),
      words(3, at(19, 9), by("b")),
      words(4, at(19, 12), by("b")),
      words(5, at(19, 12), { kind: "agent", user: "u1", name: "Eva" }),
      words(6, at(19, 12), { kind: "agent", user: "u2", name: "Luz" }),
      words(7, at(19, 12), { kind: "agent", user: "u2", name: "Luz" }),
      words(8, at(20, 12), { kind: "agent", user: "u2", name: "Luz" }),
    ],
    [{ ...ended, ended_at: null, state: "open", end_reason: null }],
    false,
  );
  const continued = items.flatMap((item) => (item.kind === "message" && item.continued ? item.key : []));
  expect(continued).toEqual(["c1.2", "c1.7"]);
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
