// What a flow has kept of a file that the person sent.
import type { MediaKind } from "../api/types";
import { webAddress } from "../lib/web-address";

export type CapturedMedia = { media: MediaKind; name: string | null; url: string | null };

const KINDS: readonly string[] = [
  "image",
  "video",
  "audio",
  "voice",
  "document",
  "sticker",
] satisfies MediaKind[];

/** A captured value that is a file; without `url` its bytes are not here. */
export function asMedia(value: unknown): CapturedMedia | null {
  if (typeof value !== "object" || value === null) return null;
  const { media, name, url } = value as Record<string, unknown>;
  if (typeof media !== "string" || !KINDS.includes(media)) return null;
  const address = typeof url === "string" ? webAddress(url) : null;
  return {
    media: media as MediaKind,
    name: typeof name === "string" && name !== "" ? name : null,
    url: address?.href ?? null,
  };
}
