// Which button or row of a message the person chose, as far as the messages on screen tell.
import type { Content, Message } from "../api/types";

const optionsOf = (content: Content) =>
  content.type === "buttons"
    ? content.buttons
    : content.type === "list"
      ? content.sections.flatMap((section) => section.rows)
      : [];

/** The option last chosen of each message with options, by the message's id: a choice answers the newest that offers it. */
export function choices(messages: Message[]): Map<string, string> {
  const chosen = new Map<string, string>();
  for (const [index, { content }] of messages.entries()) {
    if (content.type !== "choice") continue;
    const { id, title } = content;
    const asked = messages
      .slice(0, index)
      .findLast((before) => optionsOf(before.content).some((each) => each.id === id && each.title === title));
    if (asked) chosen.set(asked.id, id);
  }
  return chosen;
}
