// A conversation as it is read: messages, what happened to its cases, and the days, in one line of time.
import type { Author, CaseView, Message } from "../api/types";

export type CaseEvent = {
  kind: "queued" | "taken" | "resolved" | "timed_out";
  case: CaseView;
  at: string;
};

export type TimelineItem =
  | { kind: "day"; key: string; at: string }
  /** `continued`: the line above is a message of the same author. */
  | { kind: "message"; key: string; at: string; message: Message; continued: boolean }
  | { kind: "event"; key: string; at: string; event: CaseEvent };

/** Whether this is a message that this user wrote. */
export const isOf = (user: string, item: TimelineItem | undefined): boolean =>
  item?.kind === "message" && item.message.author.kind === "agent" && item.message.author.user === user;

function eventsOf(each: CaseView): CaseEvent[] {
  const events: CaseEvent[] = [{ kind: "queued", case: each, at: each.queued_at }];
  if (each.taken_at) events.push({ kind: "taken", case: each, at: each.taken_at });
  if (each.ended_at) {
    const kind = each.end_reason === "timed_out" ? "timed_out" : "resolved";
    events.push({ kind, case: each, at: each.ended_at });
  }
  return events;
}

/** Whether both were written by the same person, or by the bot at the same step. */
function isSameAuthor(one: Author, other: Author): boolean {
  if (one.kind === "bot" && other.kind === "bot") return one.node === other.node;
  if (one.kind === "agent" && other.kind === "agent") return one.user === other.user;
  return one.kind === other.kind;
}

const localDay = (at: string) => new Date(at).toDateString();

/** Messages keep the order the server gave them, whatever their clocks say; what happened before the first one shown is left out. */
export function timeline(messages: Message[], cases: CaseView[], earlier: boolean): TimelineItem[] {
  const from = earlier ? Date.parse(messages[0]?.at ?? "") : Number.NEGATIVE_INFINITY;
  const events = cases
    .flatMap(eventsOf)
    .filter((event) => Date.parse(event.at) >= from)
    .sort((a, b) => Date.parse(a.at) - Date.parse(b.at));

  const items: TimelineItem[] = [];
  let day: string | null = null;
  const push = (item: TimelineItem) => {
    const itsDay = localDay(item.at);
    if (itsDay !== day) items.push({ kind: "day", key: `day-${item.key}`, at: item.at });
    day = itsDay;
    items.push(item);
  };
  // In the turn of a handoff the bot speaks first; in the turns of the other events they are what it answers to.
  const isBefore = (event: CaseEvent, moment: number) => {
    const at = Date.parse(event.at);
    return at < moment || (at === moment && event.kind !== "queued");
  };
  const pushEvents = (until: number) => {
    for (let event = events[0]; event && isBefore(event, until); event = events[0]) {
      events.shift();
      push({ kind: "event", key: `${event.case.id}-${event.kind}`, at: event.at, event });
    }
  };

  for (const message of messages) {
    pushEvents(Date.parse(message.at));
    const above = localDay(message.at) === day ? items.at(-1) : undefined;
    const continued = above?.kind === "message" && isSameAuthor(above.message.author, message.author);
    push({ kind: "message", key: message.id, at: message.at, message, continued });
  }
  pushEvents(Number.POSITIVE_INFINITY);
  return items;
}
