import { expect, it } from "vitest";
import type { ConversationSummary } from "../api/types";
import { nextInQueue } from "./next";

const queue = (...contacts: string[]) => contacts.map((contact) => ({ contact }) as ConversationSummary);

it.each([
  [["a", "b", "c"], undefined, "a"],
  [["a", "b", "c"], "taken", "a"],
  [["a", "b", "c"], "a", "b"],
  [["a", "b", "c"], "c", "a"],
  [["a"], "a", undefined],
  [[], "taken", undefined],
])("of %j, with %s open, the next is %s", (contacts, open, next) => {
  expect(nextInQueue(queue(...contacts), open)).toBe(next);
});
