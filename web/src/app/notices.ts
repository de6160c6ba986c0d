// What deserves a sound: somebody new waits, or somebody I look after writes while I look elsewhere.
import type { ConversationSummary } from "../api/types";

/** What one look at the queue shows: how many wait, and which cases are on the pages loaded. */
export type QueueSight = { count: number; cases: ReadonlySet<string> };

/** Whether a case entered between two looks: one taken and one arrived leave the count as it was. */
export function arrived(before: QueueSight, now: QueueSight): boolean {
  if (now.count > before.count) return true;
  // With more waiting than are loaded, one that leaves lets an old one onto the page: only the count tells then.
  if (before.count > before.cases.size) return false;
  return [...now.cases].some((id) => !before.cases.has(id));
}

/** Unread messages by contact, without the conversation that is on screen: it is being read. */
export const unreadElsewhere = (mine: ConversationSummary[], onScreen: string | undefined) =>
  new Map(
    mine
      .filter((item) => item.unread > 0 && item.contact !== onScreen)
      .map((item) => [item.contact, item.unread]),
  );

/** Whether somebody wrote between two looks. */
export const wrote = (before: ReadonlyMap<string, number>, now: ReadonlyMap<string, number>): boolean =>
  [...now].some(([contact, unread]) => unread > (before.get(contact) ?? 0));
