import { expect, it } from "vitest";
import { asMedia } from "./captured";

it("knows a captured file by its kind", () => {
  expect(asMedia({ media: "image", mime: "image/jpeg", name: "dni.jpg", url: "https://a.pe/f" })).toEqual({
    media: "image",
    name: "dni.jpg",
    url: "https://a.pe/f",
  });
  expect(asMedia({ media: "voice", name: "" })).toEqual({ media: "voice", name: null, url: null });
});

it("takes nothing else for a file, and opens no other addresses", () => {
  for (const other of ["image", null, ["image"], { media: "hologram" }, { mime: "image/jpeg" }]) {
    expect(asMedia(other)).toBeNull();
  }
  expect(asMedia({ media: "image", url: "javascript:alert(1)" })?.url).toBeNull();
});
