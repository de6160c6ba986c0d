// From an event of the server to the answers that are no longer fresh.
import { keys } from "../api/queries";
import type { Change } from "../api/types";

type Key = readonly string[];

/** The query keys that a change makes stale; an unknown change touches nothing. */
export function staleAfter(change: Change): Key[] {
  switch (change.change) {
    case "conversation":
      return [keys.conversations, keys.conversation(change.contact), keys.path(change.contact)];
    case "flow":
      return [keys.flows, keys.flow(change.flow)];
    default:
      return [];
  }
}
