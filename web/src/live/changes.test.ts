import { expect, it } from "vitest";
import type { Change } from "../api/types";
import { staleAfter } from "./changes";

it("names what a conversation or a flow shows", () => {
  const ofContact = [["conversations"], ["conversation", "c1"], ["path", "c1"]];
  expect(staleAfter({ change: "conversation", contact: "c1" })).toEqual(ofContact);
  expect(staleAfter({ change: "flow", flow: "f", version: "v" })).toEqual([["flows"], ["flow", "f"]]);
});

it("ignores changes of a newer server", () => {
  expect(staleAfter({ change: "broadcast" } as unknown as Change)).toEqual([]);
});
