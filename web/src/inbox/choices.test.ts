import { expect, it } from "vitest";
import { sampleMessage } from "../api/sample";
import type { Content } from "../api/types";
import { choices } from "./choices";

const conversation = (...contents: Content[]) =>
  contents.map((content, index) => sampleMessage(index, { id: `m${index}`, content }));

const yes = { id: "si", title: "Sí" };
const no = { id: "no", title: "No" };
const buttons: Content = { type: "buttons", body: "¿Seguimos?", buttons: [yes, no] };
const list: Content = {
  type: "list",
  body: "¿Cuál?",
  button: "Ver",
  sections: [{ rows: [{ id: "n1", title: "Uno" }] }, { rows: [{ id: "n2", title: "Dos" }] }],
};
const choice = (option: { id: string; title: string }): Content => ({ type: "choice", ...option });

it("marks what was chosen on the newest message that offers it, the last choice winning", () => {
  const rows = choice({ id: "n2", title: "Dos" });
  expect([
    ...choices(conversation(buttons, list, rows, choice(no), buttons, choice(yes), choice(no))),
  ]).toEqual([
    ["m1", "n2"],
    ["m0", "no"],
    ["m4", "no"],
  ]);
});

it("marks nothing for a choice that no message on screen offers", () => {
  expect(choices(conversation(choice(yes), buttons, choice({ id: "si", title: "Otra" }))).size).toBe(0);
});
