import { expect, it } from "vitest";
import { grouped } from "./reactions";

it("shows the same emoji of both sides once, in the order they came", () => {
  expect(
    grouped([
      { by: "contact", emoji: "❤️" },
      { by: "team", emoji: "👍" },
      { by: "team", emoji: "❤️" },
      { by: "contact", emoji: "❤️" },
    ]),
  ).toEqual([
    { emoji: "❤️", by: "both" },
    { emoji: "👍", by: "team" },
  ]);
});
