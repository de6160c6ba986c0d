// What an agent has written and not sent, per person and conversation; survives reloads and losing the case.
import { useSyncExternalStore } from "react";
import { readStored, writeStored } from "../lib/stored";

const listeners = new Set<() => void>();
// The copy in memory also serves when the browser refuses storage.
const drafts = new Map<string, string>();

const keyOf = (user: string, contact: string) => `cauce.draft.${user}.${contact}`;

export function readDraft(user: string, contact: string): string {
  const key = keyOf(user, contact);
  const known = drafts.get(key);
  if (known !== undefined) return known;
  const stored = readStored(key) ?? "";
  drafts.set(key, stored);
  return stored;
}

export function writeDraft(user: string, contact: string, text: string) {
  const key = keyOf(user, contact);
  drafts.set(key, text);
  writeStored(key, text);
  for (const listener of listeners) listener();
}

/** Puts a text that could not be sent back, in front of what was written since. */
export function addToDraft(user: string, contact: string, text: string) {
  const now = readDraft(user, contact);
  writeDraft(user, contact, now === "" ? text : `${text}\n${now}`);
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useDraft = (user: string, contact: string) =>
  useSyncExternalStore(subscribe, () => readDraft(user, contact));
