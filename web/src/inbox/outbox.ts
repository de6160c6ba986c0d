// Messages that an agent wrote and that are not in the conversation yet. Kept outside the screens, so that changing
// conversation loses nothing; per contact they leave one after the other, so that they arrive in order.
import { useSyncExternalStore } from "react";
import { ApiError } from "../api/http";
import { newCommand, sendMessage } from "../api/queries";

export type Pending = {
  /** Stays the same when it is sent again, so that it takes effect once. */
  command: string;
  case: string;
  body: string;
  at: string;
  /** Its place in the conversation, once the server gave one. */
  seq: number | null;
  /** Why it did not leave; it can be sent again. */
  problem: ApiError | null;
};

/** Refusals that a second try as it is will not change: the text goes back to the person. */
const isFinal = (error: ApiError) => [401, 403, 404, 409, 413, 422].includes(error.status);

const NONE: Pending[] = [];
const byContact = new Map<string, Pending[]>();
const tails = new Map<string, Promise<void>>();
const listeners = new Set<() => void>();

function change(contact: string, next: (now: Pending[]) => Pending[]) {
  byContact.set(contact, next(byContact.get(contact) ?? NONE));
  for (const listener of listeners) listener();
}

const patch = (contact: string, command: string, values: Partial<Pending>) =>
  change(contact, (now) => now.map((each) => (each.command === command ? { ...each, ...values } : each)));

export const discard = (contact: string, command: string) =>
  change(contact, (now) => now.filter((each) => each.command !== command));

/** Forgets what the conversation now shows itself. */
export function settle(contact: string, shown: (seq: number) => boolean) {
  const now = byContact.get(contact) ?? NONE;
  if (now.some((each) => each.seq !== null && shown(each.seq))) {
    change(contact, (all) => all.filter((each) => each.seq === null || !shown(each.seq)));
  }
}

async function deliver(contact: string, pending: Pending, onRefused: Refused) {
  try {
    const { seq } = await sendMessage(contact, {
      command: pending.command,
      case: pending.case,
      body: pending.body,
    });
    patch(contact, pending.command, { seq });
  } catch (cause) {
    const error = cause instanceof ApiError ? cause : new ApiError("network", 0, null);
    if (isFinal(error)) {
      discard(contact, pending.command);
      onRefused(error, pending.body);
    } else patch(contact, pending.command, { problem: error });
  }
}

type Refused = (error: ApiError, body: string) => void;

function enqueue(contact: string, pending: Pending, onRefused: Refused): Promise<void> {
  const tail = (tails.get(contact) ?? Promise.resolve()).then(() => deliver(contact, pending, onRefused));
  tails.set(contact, tail);
  return tail;
}

/** Shows the message at once and sends it; `onRefused` gets the text back when it cannot be sent at all. */
export function send(contact: string, caseId: string, body: string, at: string, onRefused: Refused) {
  const pending: Pending = { command: newCommand(), case: caseId, body, at, seq: null, problem: null };
  change(contact, (now) => [...now, pending]);
  return enqueue(contact, pending, onRefused);
}

export function sendAgain(contact: string, pending: Pending, onRefused: Refused) {
  patch(contact, pending.command, { problem: null });
  return enqueue(contact, pending, onRefused);
}

export const pendingOf = (contact: string) => byContact.get(contact) ?? NONE;

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const usePending = (contact: string) => useSyncExternalStore(subscribe, () => pendingOf(contact));
