import { expect, it } from "vitest";
import { type ServerEvent, sseParser } from "./sse";

const STREAM =
  'id: 7\nevent: hello\ndata: {}\n\n: heartbeat\n\nid: 8\r\nevent: change\r\ndata: {"a":\r\ndata: 1}\r\n\r\nid: 9\nevent: change\ndata: half';

const EXPECTED: ServerEvent[] = [
  { id: "7", event: "hello", data: "{}" },
  { id: "8", event: "change", data: '{"a":\n1}' },
];

it("gives the whole events and keeps the unfinished one back, however the text is cut", () => {
  for (let size = 1; size <= STREAM.length; size++) {
    const seen: ServerEvent[] = [];
    const feed = sseParser((event) => seen.push(event));
    for (let at = 0; at < STREAM.length; at += size) feed(STREAM.slice(at, at + size));
    expect(seen, `pieces of ${size}`).toEqual(EXPECTED);
  }
});

it("keeps the last id for events that bring none", () => {
  const seen: ServerEvent[] = [];
  sseParser((event) => seen.push(event))("id: 3\ndata: a\n\ndata: b\n\n");
  expect(seen.map((event) => event.id)).toEqual(["3", "3"]);
});
