import { afterEach, expect, it, vi } from "vitest";
import type { PhoneMessage } from "./emulator";
import { copyOf, fileMessage, isAnimated } from "./outgoing";

const webp = (chunk: string, flags: number) =>
  Uint8Array.from([..."RIFF....WEBP", ...chunk, ..."\n\0\0\0"].map((c) => c.charCodeAt(0)).concat(flags));

const received = (message: Record<string, unknown>, media: string | null = null): PhoneMessage => ({
  id: "wamid.A",
  from: "business",
  at: 0,
  status: "read",
  replied: null,
  reactions: [],
  edited: false,
  revoked: false,
  media,
  file: media ? { mime: "audio/ogg", bytes: 3, name: "nota.ogg" } : null,
  failure: null,
  message,
});

afterEach(() => vi.unstubAllGlobals());

it("tells an animated sticker by its bytes", () => {
  expect(isAnimated(webp("VP8X", 0b10))).toBe(true);
  expect(isAnimated(webp("VP8X", 0b10000))).toBe(false);
  expect(isAnimated(webp("VP8L", 0b10))).toBe(false);
  expect(isAnimated(new Uint8Array(3))).toBe(false);
});

it("makes each file the message that WhatsApp would", async () => {
  const file = (type: string) => new File(["x"], "x", { type });
  expect(await fileMessage("image", "m1", file("image/png"), "")).toEqual({
    type: "image",
    media: { id: "m1" },
  });
  expect(await fileMessage("document", "m1", file("text/plain"), "Mira")).toMatchObject({ caption: "Mira" });
  expect(await fileMessage("audio", "m1", file("audio/ogg; codecs=opus"), "")).toMatchObject({ voice: true });
  expect(await fileMessage("audio", "m1", file("audio/mpeg"), "")).toMatchObject({ voice: false });
  const moving = new File([webp("VP8X", 0b10)], "x", { type: "image/webp" });
  expect(await fileMessage("sticker", "m1", moving, "")).toMatchObject({ animated: true });
});

it("passes on a file with its bytes, and stays what it was", async () => {
  const asked: string[] = [];
  vi.stubGlobal("fetch", async (path: string, { method }: { method: string }) => {
    asked.push(`${method} ${path}`);
    return method === "GET" ? new Response("abc") : Response.json({ id: "m2" }, { status: 201 });
  });
  const copy = await copyOf("51987", received({ type: "audio", audio: {} }, "/emulator/media/m1"));
  expect(copy).toEqual({ type: "audio", media: { id: "m2" }, voice: false });
  expect(asked).toEqual([
    "GET /emulator/media/m1",
    "POST /emulator/customers/51987/media?mime=audio%2Fogg&filename=nota.ogg",
  ]);
});

it("passes on the words of a message with buttons, a place as it is, and no order", async () => {
  const buttons = { type: "button", body: { text: "¿Sí?" }, action: { buttons: [] } };
  expect(await copyOf("51987", received({ type: "interactive", interactive: buttons }))).toEqual({
    type: "text",
    text: { body: "¿Sí?" },
  });
  const location = { latitude: "1.5", longitude: 2, name: "Aquí" };
  expect(await copyOf("51987", received({ type: "location", location }))).toEqual({
    type: "location",
    location: { latitude: 1.5, longitude: 2, name: "Aquí" },
  });
  expect(await copyOf("51987", received({ type: "order", order: {} }))).toBeUndefined();
});
