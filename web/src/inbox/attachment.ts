// As what WhatsApp takes a file, judged by its name, type and size before it is uploaded; the server looks at its
// bytes and has the last word.
import type { MediaKind } from "../api/types";

const MB = 1024 * 1024;

/** WhatsApp's limit for any file, in bytes. */
export const MAX_FILE = 100 * MB;

/** WhatsApp's limit for the text under a file, in characters. */
export const MAX_CAPTION = 1024;

/** How many files wait in the composer at most. */
export const MAX_FILES = 10;

type Sent = Extract<MediaKind, "image" | "video" | "audio" | "document">;

/** What is shown in the conversation itself; everything else, and what is larger, goes as a document. */
const SHOWN: { media: Sent; types: string[]; max: number }[] = [
  { media: "image", types: ["image/jpeg", "image/png"], max: 5 * MB },
  { media: "video", types: ["video/mp4", "video/3gpp"], max: 16 * MB },
  {
    media: "audio",
    types: ["audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/x-m4a", "audio/ogg"],
    max: 16 * MB,
  },
];

type Described = Pick<File, "type" | "size">;

/** As what it is sent; `asDocument`: it is a picture, film or sound that goes as a document all the same. */
export function sentAs({ type, size }: Described): { media: Sent; asDocument: boolean } {
  const shown = SHOWN.find(({ types, max }) => types.includes(type) && size <= max);
  if (shown) return { media: shown.media, asDocument: false };
  return { media: "document", asDocument: /^(image|video|audio)\//.test(type) };
}

export const takesCaption = (media: MediaKind) =>
  media === "image" || media === "video" || media === "document";

/** Why a file cannot be sent at all. */
export function problemOf({ size }: Described): "empty" | "tooLarge" | null {
  if (size === 0) return "empty";
  return size > MAX_FILE ? "tooLarge" : null;
}
