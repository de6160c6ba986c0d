import { expect, it } from "vitest";
import { quotedId, readMessage } from "./content";

it("reads a list as Graph takes it", () => {
  expect(
    readMessage({
      type: "interactive",
      interactive: {
        type: "list",
        body: { text: "¿Cómo te fue?" },
        action: { button: "Calificar", sections: [{ rows: [{ id: "r5", title: "5" }] }] },
      },
    }),
  ).toEqual({
    kind: "list",
    header: { kind: "none" },
    text: "¿Cómo te fue?",
    footer: "",
    button: "Calificar",
    sections: [{ title: "", rows: [{ id: "r5", title: "5", description: "" }] }],
  });
});

it("reads a tap as the webhook carries it, with what it answers", () => {
  const message = {
    type: "interactive",
    context: { id: "wamid.A" },
    interactive: { type: "button_reply", button_reply: { id: "b1", title: "Ventas" } },
  };
  expect(readMessage(message)).toEqual({ kind: "choice", title: "Ventas", description: "" });
  expect(quotedId(message)).toBe("wamid.A");
});

it("survives what it does not know", () => {
  expect(readMessage({ type: "sticker", sticker: { id: "1" } })).toEqual({
    kind: "unsupported",
    type: "sticker",
  });
  expect(readMessage({ type: "interactive", interactive: null })).toEqual({
    kind: "unsupported",
    type: "interactive",
  });
  expect(readMessage({ type: "text", text: "no" })).toEqual({ kind: "text", text: "" });
});
