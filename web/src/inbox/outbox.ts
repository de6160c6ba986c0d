// Messages that an agent wrote and that are not in the conversation yet. Kept outside the screens, so that changing
// conversation loses nothing; per contact they leave one after the other, so that they arrive in order. A file is
// uploaded first; its message is sent when the server has it.
import { useSyncExternalStore } from "react";
import { ApiError } from "../api/http";
import { newCommand, sendMessage, uploadFile } from "../api/queries";
import type { MediaKind, Message } from "../api/types";
import { sentAs } from "./attachment";

export type Pending = {
  /** Stays the same when it is sent again, so that it takes effect once. */
  command: string;
  case: string;
  /** The text, or what stands under the file. */
  body: string;
  at: string;
  file: Outgoing | null;
  /** Its place in the conversation, once the server gave one. */
  seq: number | null;
  /** Why it did not leave. */
  problem: ApiError | null;
};

export type Outgoing = {
  file: File;
  /** As what it is sent. */
  media: MediaKind;
  /** Which part of it has been uploaded, 0–1. */
  progress: number;
  /** The server's id of it, once it has all of it. */
  id: string | null;
};

/** Refusals of a whole conversation: a second try will not help, and what was written goes back to the person. */
const isFinal = (error: ApiError) =>
  [401, 403, 404, 409].includes(error.status) && error.code !== "file.unknown";

/** Refusals of what was written or of the file itself. */
const isUnfit = (error: ApiError) => error.status === 413 || error.status === 415 || error.status === 422;

/** Whether sending it again as it is may help. */
export const canRetry = ({ problem }: Pending) => problem !== null && !isUnfit(problem);

const NONE: Pending[] = [];
const byContact = new Map<string, Pending[]>();
const tails = new Map<string, Promise<void>>();
const uploads = new Map<string, AbortController>();
const listeners = new Set<() => void>();

export const pendingOf = (contact: string) => byContact.get(contact) ?? NONE;

const find = (contact: string, command: string) =>
  pendingOf(contact).find((each) => each.command === command);

function change(contact: string, next: (now: Pending[]) => Pending[]) {
  byContact.set(contact, next(pendingOf(contact)));
  for (const listener of listeners) listener();
}

const patch = (contact: string, command: string, values: Partial<Pending>) =>
  change(contact, (now) => now.map((each) => (each.command === command ? { ...each, ...values } : each)));

function patchFile(contact: string, command: string, values: Partial<Outgoing>) {
  const file = find(contact, command)?.file;
  if (file) patch(contact, command, { file: { ...file, ...values } });
}

/** Takes a message out before it was sent; an upload under way stops. */
export function discard(contact: string, command: string) {
  change(contact, (now) => now.filter((each) => each.command !== command));
  uploads.get(command)?.abort();
}

/** Forgets what the conversation now shows itself. */
export function settle(contact: string, shown: (seq: number) => boolean) {
  if (pendingOf(contact).some((each) => each.seq !== null && shown(each.seq))) {
    change(contact, (all) => all.filter((each) => each.seq === null || !shown(each.seq)));
  }
}

/** Uploads the file of a message, unless the server has it; hands back its id there. */
async function handOver(contact: string, command: string, { file, media, id }: Outgoing): Promise<string> {
  if (id !== null) return id;
  const controller = new AbortController();
  uploads.set(command, controller);
  try {
    const taken = await uploadFile(file, {
      signal: controller.signal,
      onProgress: (progress) => patchFile(contact, command, { progress }),
    });
    // What we send as a document on purpose stays one; else the server knows better what it is.
    const known = media === "document" ? media : taken.media;
    patchFile(contact, command, { id: taken.id, media: known, progress: 1 });
    return taken.id;
  } finally {
    uploads.delete(command);
  }
}

async function deliver(contact: string, command: string, onRefused: OnRefused) {
  const pending = find(contact, command);
  // Discarded while it waited.
  if (!pending) return;
  try {
    const file = pending.file && (await handOver(contact, command, pending.file));
    const media = find(contact, command)?.file?.media;
    const { seq } = await sendMessage(contact, {
      command,
      case: pending.case,
      ...(pending.body === "" ? {} : { body: pending.body }),
      ...(file && media ? { file, media } : {}),
    });
    patch(contact, command, { seq });
  } catch (cause) {
    if (!find(contact, command)) return;
    const error = cause instanceof ApiError ? cause : new ApiError("network", 0, null);
    if (isFinal(error) || (isUnfit(error) && pending.file === null)) {
      discard(contact, command);
      onRefused(error, pending);
    } else {
      patchFile(contact, command, { progress: 0, ...(error.code === "file.unknown" ? { id: null } : {}) });
      patch(contact, command, { problem: error });
    }
  }
}

/** Gets back what could not be sent at all, and why. */
export type OnRefused = (error: ApiError, pending: Pending) => void;

function enqueue(contact: string, command: string, onRefused: OnRefused): Promise<void> {
  const tail = (tails.get(contact) ?? Promise.resolve()).then(() => deliver(contact, command, onRefused));
  tails.set(contact, tail);
  return tail;
}

/** A text alone, or a file with the text that stands under it. */
export type Draft = { case: string; body: string; at: string; file?: File };

/** Shows the message at once and sends it. */
export function send(contact: string, { file, ...draft }: Draft, onRefused: OnRefused) {
  const command = newCommand();
  const outgoing = file ? { file, media: sentAs(file).media, progress: 0, id: null } : null;
  change(contact, (now) => [...now, { ...draft, command, file: outgoing, seq: null, problem: null }]);
  return enqueue(contact, command, onRefused);
}

export function sendAgain(contact: string, command: string, onRefused: OnRefused) {
  patch(contact, command, { problem: null });
  return enqueue(contact, command, onRefused);
}

/** What can be said once more: a text, or a file that is here. */
export const canRepeat = ({ author, content }: Message) =>
  author.kind === "agent" &&
  (content.type === "text" ||
    (content.type === "media" && content.state === "ready" && content.url !== null));

/** Sends what a message that failed says as a new one. */
export async function sendOnceMore(
  contact: string,
  caseId: string,
  { content }: Message,
  onRefused: OnRefused,
) {
  const draft = { case: caseId, at: new Date().toISOString() };
  if (content.type === "text") return send(contact, { ...draft, body: content.body }, onRefused);
  if (content.type !== "media" || content.url === null) return;
  const answer = await fetch(content.url);
  if (!answer.ok) return;
  const file = new File([await answer.blob()], content.name ?? "archivo", { type: content.mime ?? "" });
  return send(contact, { ...draft, body: content.caption ?? "", file }, onRefused);
}

/** Whether a file would be lost if the page closed now. */
export const anyUploading = () =>
  [...byContact.values()].some((all) => all.some((each) => each.file !== null && each.seq === null));

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const usePending = (contact: string) => useSyncExternalStore(subscribe, () => pendingOf(contact));
