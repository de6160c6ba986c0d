import { describe, expect, it } from "vitest";
import { isJumbo, plainText, richText } from "./rich-text";

describe("richText", () => {
  it("keeps a sentence's punctuation out of its link", () => {
    expect(richText("Mira (https://cauce.pe/a?b=1), o www.cauce.pe.")).toEqual([
      { kind: "plain", text: "Mira (" },
      { kind: "link", text: "https://cauce.pe/a?b=1", href: "https://cauce.pe/a?b=1" },
      { kind: "plain", text: "), o " },
      { kind: "link", text: "www.cauce.pe", href: "https://www.cauce.pe" },
      { kind: "plain", text: "." },
    ]);
  });

  it("marks words, not the insides of words or sums", () => {
    expect(richText("*Hola* _Rosa_ ~no~ ```x=1```")).toEqual([
      { kind: "bold", text: "Hola" },
      { kind: "plain", text: " " },
      { kind: "italic", text: "Rosa" },
      { kind: "plain", text: " " },
      { kind: "struck", text: "no" },
      { kind: "plain", text: " " },
      { kind: "fixed", text: "x=1" },
    ]);
    for (const text of ["un_nombre_largo", "2 * 3 * 4", "*sin cerrar", "a*b*c"]) {
      expect(richText(text)).toEqual([{ kind: "plain", text }]);
    }
  });

  it("never makes a link of another scheme", () => {
    expect(richText("javascript:alert(1)")).toEqual([{ kind: "plain", text: "javascript:alert(1)" }]);
  });
});

it("leaves the marks out where a message stands in a few words", () => {
  expect(plainText("Esto es *todo*: _2 * 3_ en www.cauce.pe.")).toBe("Esto es todo: 2 * 3 en www.cauce.pe.");
});

it("shows a few emojis large, and nothing else", () => {
  for (const large of ["👍", "❤️ ", "🙏🏽🙏🏽", "👩‍⚕️👓"]) expect(isJumbo(large)).toBe(true);
  for (const usual of ["", "ok 👍", "5", "👍👍👍👍"]) expect(isJumbo(usual)).toBe(false);
});
