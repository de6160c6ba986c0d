// Keeps one live connection to /api/events: resumes from the last event seen, backs off, notices silence.
import { type ServerEvent, sseParser } from "./sse";

export type ConnectionState = "connecting" | "live" | "lost";

/** The server says something at least every 10 s; three missed heartbeats are a dead connection. */
const SILENCE_MS = 30_000;
const RETRY_MS = [500, 1000, 2000, 4000, 8000];

type Handlers = {
  /** A connection stands: the first, or again after a loss (`again`). */
  onLive: (again: boolean) => void;
  onLost: () => void;
  onEvent: (event: ServerEvent) => void;
  /** The session is over; the connection gives up. */
  onSignedOut: () => void;
};

/** Opens the connection and keeps it open until the returned function is called. */
export function connect(url: string, handlers: Handlers): () => void {
  let cursor: string | null = null;
  let attempt = 0;
  let stood = false;
  let stopped = false;
  let wake: () => void = () => {};
  let abort = new AbortController();

  async function once(): Promise<void> {
    abort = new AbortController();
    let silence = setTimeout(() => abort.abort(), SILENCE_MS);
    try {
      const response = await fetch(cursor === null ? url : `${url}?after=${encodeURIComponent(cursor)}`, {
        headers: { Accept: "text/event-stream" },
        credentials: "same-origin",
        cache: "no-store",
        signal: abort.signal,
      });
      if (response.status === 401) {
        stopped = true;
        handlers.onSignedOut();
        return;
      }
      if (!response.ok || !response.body) return;
      const feed = sseParser((event) => {
        if (event.id !== null) cursor = event.id;
        handlers.onEvent(event);
      });
      const decoder = new TextDecoder();
      const reader = response.body.getReader();
      attempt = 0;
      handlers.onLive(stood);
      stood = true;
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        clearTimeout(silence);
        silence = setTimeout(() => abort.abort(), SILENCE_MS);
        feed(decoder.decode(value, { stream: true }));
      }
    } catch {
      // No network, an abort, a broken stream: all mean the same, try again.
    } finally {
      clearTimeout(silence);
    }
  }

  async function keep() {
    while (!stopped) {
      await once();
      if (stopped) return;
      handlers.onLost();
      const pause = RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)] ?? 0;
      attempt += 1;
      await new Promise<void>((resolve) => {
        wake = resolve;
        setTimeout(resolve, pause * (0.75 + Math.random() / 2));
      });
    }
  }

  // A laptop that wakes up or a network that comes back does not wait for the pause to end.
  const hurry = () => wake();
  globalThis.addEventListener?.("online", hurry);
  void keep();

  return () => {
    stopped = true;
    globalThis.removeEventListener?.("online", hurry);
    abort.abort();
    wake();
  };
}
