// Where the bytes of a message's file come from.
import type { PhoneMessage } from "./emulator";

export type Source =
  | { state: "here"; path: string }
  /** The emulator is fetching it. */
  | { state: "coming" }
  /** It could not be fetched, or was never anywhere. */
  | { state: "missing" };

/** `link` is the address that the message itself gives, empty without one. */
export function sourceOf({ media, failure, status }: PhoneMessage, link: string): Source {
  if (media) return { state: "here", path: media };
  if (failure || status === "failed") return { state: "missing" };
  if (status === "sending" && link) return { state: "coming" };
  return /^https?:\/\//.test(link) ? { state: "here", path: link } : { state: "missing" };
}
