import { expect, it } from "vitest";
import { MAX_FILE, problemOf, sentAs } from "./attachment";

it.each([
  ["image/jpeg", 5 * 1024 * 1024, "image", false],
  ["image/png", 5 * 1024 * 1024 + 1, "document", true],
  ["image/heic", 100, "document", true],
  ["image/webp", 100, "document", true],
  ["video/mp4", 16 * 1024 * 1024, "video", false],
  ["video/mp4", 16 * 1024 * 1024 + 1, "document", true],
  ["video/quicktime", 100, "document", true],
  ["audio/ogg", 100, "audio", false],
  ["audio/flac", 100, "document", true],
  ["application/pdf", 90_000_000, "document", false],
  ["", 100, "document", false],
] as const)("%s of %d bytes goes as %s", (type, size, media, asDocument) => {
  expect(sentAs({ type, size })).toEqual({ media, asDocument });
});

it("refuses what WhatsApp takes in no form", () => {
  expect(problemOf({ type: "text/plain", size: 0 })).toBe("empty");
  expect(problemOf({ type: "text/plain", size: MAX_FILE })).toBeNull();
  expect(problemOf({ type: "text/plain", size: MAX_FILE + 1 })).toBe("tooLarge");
});
