// Files that an agent has added and not sent, per person and conversation. They live as long as the page: unlike a
// text, a browser does not keep them for another day.
import { useSyncExternalStore } from "react";
import { MAX_FILES, problemOf } from "./attachment";

export type Staged = { id: string; file: File };

/** Why a file was not added. */
export type Refused = { name: string; problem: "empty" | "tooLarge" | "tooMany" };

const NONE: readonly Staged[] = [];
const byPlace = new Map<string, readonly Staged[]>();
const listeners = new Set<() => void>();

let count = 0;

const keyOf = (user: string, contact: string) => `${user}.${contact}`;

export const stagedOf = (user: string, contact: string) => byPlace.get(keyOf(user, contact)) ?? NONE;

function put(user: string, contact: string, files: readonly Staged[]) {
  byPlace.set(keyOf(user, contact), files.length === 0 ? NONE : files);
  for (const listener of listeners) listener();
}

/** Adds files behind those that are there; hands back those that cannot be sent. */
export function stage(user: string, contact: string, files: Iterable<File>): Refused[] {
  const next = [...stagedOf(user, contact)];
  const refused: Refused[] = [];
  for (const file of files) {
    const problem = problemOf(file) ?? (next.length >= MAX_FILES ? "tooMany" : null);
    if (problem) refused.push({ name: file.name, problem });
    else next.push({ id: String(++count), file });
  }
  put(user, contact, next);
  return refused;
}

export function unstage(user: string, contact: string, id: string) {
  put(
    user,
    contact,
    stagedOf(user, contact).filter((each) => each.id !== id),
  );
}

export const clearStage = (user: string, contact: string) => put(user, contact, NONE);

export const anyStaged = () => [...byPlace.values()].some((files) => files.length > 0);

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useStaged = (user: string, contact: string) =>
  useSyncExternalStore(subscribe, () => stagedOf(user, contact));
