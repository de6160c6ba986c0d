import { expect, it } from "vitest";
import { sampleMessage } from "./sample";
import { isOwn, mergeEarlier, mergeLatest } from "./transcript";
import type { Conversation, MessageStatus } from "./types";

const message = (seq: number, status: MessageStatus | null = null) => sampleMessage(seq, { status });

const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => message(from + index));

const conversation = (messages: Conversation["messages"], earlier: boolean): Conversation => ({
  summary: {
    contact: "c1",
    name: null,
    address: "+51 1",
    stage: "bot",
    stopped: false,
    unread: 0,
    last: null,
    window_ends_at: null,
    case: null,
    run: null,
    updated_at: "2026-11-20T00:00:00.000Z",
  },
  messages,
  earlier,
  captured: [],
  tags: [],
  consents: [],
  cases: [],
});

const seqs = (value: Conversation) => value.messages.map((each) => each.seq);

it("keeps loaded older messages when the last page is fetched again, newest facts winning", () => {
  const known = mergeEarlier(conversation(range(11, 20), true), { messages: range(1, 10), earlier: false });
  expect([seqs(known).length, known.earlier]).toEqual([20, false]);
  const fresh = conversation([...range(13, 20).slice(0, 7), message(20, "read"), message(21)], true);
  const merged = mergeLatest(known, fresh);
  expect(seqs(merged)).toEqual(Array.from({ length: 21 }, (_, index) => index + 1));
  expect(merged.messages[19]?.status).toBe("read");
  expect(merged.earlier).toBe(false);
});

it("starts over rather than show a hole", () => {
  const merged = mergeLatest(conversation(range(1, 10), false), conversation(range(12, 20), true));
  expect([seqs(merged)[0], merged.earlier]).toEqual([12, true]);
});

it("keeps both messages of one number, of two contacts that are one person, where the server put them", () => {
  const other = { ...message(2), id: "c0.2" };
  const known = mergeEarlier(conversation([message(3), message(4)], true), {
    messages: [message(1), other, message(2)],
    earlier: false,
  });
  const merged = mergeLatest(known, conversation([message(3), message(4), message(5)], true));
  expect(merged.messages.map((each) => each.id)).toEqual(["c1.1", "c0.2", "c1.2", "c1.3", "c1.4", "c1.5"]);
  expect(merged.messages.filter((each) => isOwn("c1", each)).map((each) => each.seq)).toEqual([
    1, 2, 3, 4, 5,
  ]);
});

it("takes the fresh answer whole when it is the whole conversation", () => {
  const merged = mergeLatest(conversation(range(1, 10), false), conversation(range(1, 3), false));
  expect(seqs(merged)).toEqual([1, 2, 3]);
});
