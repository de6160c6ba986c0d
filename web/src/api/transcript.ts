// Keeps the older messages that were already loaded when the last hundred are fetched again.
import type { Conversation, Message, MessagePage } from "./types";

function union(older: Message[], newer: Message[]): Message[] {
  const bySeq = new Map<number, Message>();
  for (const message of older) bySeq.set(message.seq, message);
  for (const message of newer) bySeq.set(message.seq, message);
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}

/**
 * `fresh` with the older messages of `known` in front. If more than a page arrived in between, there would be a
 * hole: then only `fresh` is kept, and "earlier" loads the rest.
 */
export function mergeLatest(known: Conversation | undefined, fresh: Conversation): Conversation {
  const first = fresh.messages[0];
  const last = known?.messages.at(-1);
  if (!known || !first || !last || !fresh.earlier || last.seq + 1 < first.seq) return fresh;
  const older = known.messages.filter((message) => message.seq < first.seq);
  if (older.length === 0) return fresh;
  return { ...fresh, messages: union(older, fresh.messages), earlier: known.earlier };
}

export function mergeEarlier(known: Conversation, page: MessagePage): Conversation {
  return { ...known, messages: union(page.messages, known.messages), earlier: page.earlier };
}
