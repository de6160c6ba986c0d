import { expect, it } from "vitest";
import { sourceOf } from "./source";

const nothing = { media: null, failure: null, status: "sent" } as Parameters<typeof sourceOf>[0];
const LINK = "https://x.pe/foto.jpg";

it("takes the emulator's bytes before any address", () => {
  const path = "/emulator/media/m1";
  expect(sourceOf({ ...nothing, media: path }, LINK)).toEqual({ state: "here", path });
});

it("waits for a link that is being fetched, and gives up when that failed", () => {
  expect(sourceOf({ ...nothing, status: "sending" }, LINK)).toEqual({ state: "coming" });
  const failure = { code: 131053, details: "404" };
  expect(sourceOf({ ...nothing, status: "sending", failure }, LINK)).toEqual({ state: "missing" });
});

it("shows a link of which the emulator keeps no bytes, but nothing else that calls itself one", () => {
  expect(sourceOf(nothing, LINK)).toEqual({ state: "here", path: LINK });
  for (const link of ["", "javascript:alert(1)", "data:image/png,x"]) {
    expect(sourceOf(nothing, link)).toEqual({ state: "missing" });
  }
});
