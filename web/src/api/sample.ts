// Values for tests, to be changed where a test cares.
import type { ContentOf, Message } from "./types";

/** A message of the contact `c1`. */
export const sampleMessage = (seq: number, values: Partial<Message> = {}): Message => ({
  id: `c1.${seq}`,
  seq,
  at: new Date(seq * 1000).toISOString(),
  author: { kind: "contact" },
  direction: "in",
  content: { type: "text", body: `m${seq}` },
  status: null,
  error: null,
  quote: null,
  reactions: [],
  edited: false,
  revoked: false,
  forwarded: null,
  referral: null,
  product: null,
  ...values,
});

export const samplePicture = (url: string): ContentOf<"media"> => ({
  type: "media",
  media: "image",
  url,
  mime: "image/jpeg",
  name: "foto.jpg",
  size: 1000,
  caption: null,
  animated: false,
  state: "ready",
  error: null,
});
