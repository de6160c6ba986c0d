// Reactions as they stand under a message: the same emoji of both sides is shown once.
import type { Message } from "../api/types";

type Grouped = { emoji: string; by: "contact" | "team" | "both" };

export function grouped(reactions: Message["reactions"]): Grouped[] {
  const found = new Map<string, Grouped["by"]>();
  for (const { emoji, by } of reactions) {
    const before = found.get(emoji);
    found.set(emoji, before && before !== by ? "both" : by);
  }
  return [...found].map(([emoji, by]) => ({ emoji, by }));
}
