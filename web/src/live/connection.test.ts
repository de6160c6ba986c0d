import { afterEach, expect, it, vi } from "vitest";
import { connect } from "./connection";
import type { ServerEvent } from "./sse";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

function stream(text: string, stayOpen = false): Response {
  return new Response(
    new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(text));
        if (!stayOpen) controller.close();
      },
    }),
    { headers: { "content-type": "text/event-stream" } },
  );
}

it("resumes after the last event seen, and says that it stands again", async () => {
  vi.useFakeTimers();
  const answers = [
    stream("id: 5\nevent: hello\ndata: {}\n\n"),
    new Response("", { status: 503 }),
    stream("", true),
  ];
  const urls: string[] = [];
  vi.stubGlobal("fetch", async (url: string) => {
    urls.push(url);
    return answers.shift() ?? new Promise(() => {});
  });
  const log: string[] = [];
  const stop = connect("/api/events", {
    onLive: (again) => log.push(again ? "again" : "live"),
    onLost: () => log.push("lost"),
    onEvent: (event: ServerEvent) => log.push(event.event),
    onSignedOut: () => log.push("out"),
  });
  await vi.advanceTimersByTimeAsync(10_000);
  stop();
  expect(log).toEqual(["live", "hello", "lost", "lost", "again"]);
  expect(urls).toEqual(["/api/events", "/api/events?after=5", "/api/events?after=5"]);
});

it("gives up when the session is over", async () => {
  vi.useFakeTimers();
  const fetchMock = vi.fn(async () => new Response("", { status: 401 }));
  vi.stubGlobal("fetch", fetchMock);
  const onSignedOut = vi.fn();
  connect("/api/events", { onLive: vi.fn(), onLost: vi.fn(), onEvent: vi.fn(), onSignedOut });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(onSignedOut).toHaveBeenCalledOnce();
  expect(fetchMock).toHaveBeenCalledOnce();
});
