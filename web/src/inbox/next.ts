import type { ConversationSummary } from "../api/types";

/** Who waits after the conversation that is open, else who waits longest; nobody else: undefined. */
export function nextInQueue(queue: ConversationSummary[], open: string | undefined): string | undefined {
  const others = queue.map((item) => item.contact);
  const at = open === undefined ? -1 : others.indexOf(open);
  const next = others[at + 1] ?? others[0];
  return next === open ? undefined : next;
}
