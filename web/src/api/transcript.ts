// Keeps the older messages that were already loaded when the last hundred are fetched again.
import type { Conversation, Message, MessagePage } from "./types";

/**
 * Whether a message belongs to this contact itself. A conversation also shows what was said to contacts that turned
 * out to be the same person; their messages have numbers of their own.
 */
export const isOwn = (contact: string, { id, seq }: Message) => id === `${contact}.${seq}`;

/**
 * `fresh` with the older messages of `known` in front. If `known` does not reach to where `fresh` begins, there would
 * be a hole: then only `fresh` is kept, and "earlier" loads the rest.
 */
export function mergeLatest(known: Conversation | undefined, fresh: Conversation): Conversation {
  if (!known || !fresh.earlier) return fresh;
  const first = fresh.messages[0]?.id;
  const overlap = known.messages.findIndex((message) => message.id === first);
  if (overlap <= 0) return fresh;
  const older = known.messages.slice(0, overlap);
  return { ...fresh, messages: [...older, ...fresh.messages], earlier: known.earlier };
}

export function mergeEarlier(known: Conversation, page: MessagePage): Conversation {
  const added = new Set(page.messages.map((message) => message.id));
  const rest = known.messages.filter((message) => !added.has(message.id));
  return { ...known, messages: [...page.messages, ...rest], earlier: page.earlier };
}
