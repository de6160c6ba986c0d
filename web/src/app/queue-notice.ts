/** What one look at the queue shows: how many wait, and which cases are on the pages loaded. */
export type QueueSight = { count: number; cases: ReadonlySet<string> };

/** Whether a case entered between two looks: one taken and one arrived leave the count as it was. */
export function arrived(before: QueueSight, now: QueueSight): boolean {
  if (now.count > before.count) return true;
  // With more waiting than are loaded, one that leaves lets an old one onto the page: only the count tells then.
  if (before.count > before.cases.size) return false;
  return [...now.cases].some((id) => !before.cases.has(id));
}
