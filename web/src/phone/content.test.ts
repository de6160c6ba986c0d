import { describe, expect, it } from "vitest";
import { editable, forwarded, preview, quotedId, readMessage } from "./content";

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

it.each([
  ["image", { caption: "Mira" }, { kind: "image", link: "", caption: "Mira" }],
  ["video", { link: "https://x.pe/v.mp4" }, { kind: "video", link: "https://x.pe/v.mp4", caption: "" }],
  ["audio", { voice: true }, { kind: "voice", link: "" }],
  ["audio", {}, { kind: "audio", link: "" }],
  ["sticker", { animated: false }, { kind: "sticker", link: "" }],
  ["document", { filename: "a.pdf" }, { kind: "document", link: "", name: "a.pdf", caption: "" }],
])("reads a file of type %s", (type, part, content) => {
  expect(readMessage({ type, [type]: part })).toEqual(content);
});

it.each([
  ["https://x.pe/recetas/de%20lentes.pdf?v=1", "de lentes.pdf"],
  ["https://x.pe/100%.pdf", "100%.pdf"],
  ["https://x.pe", ""],
])("names a document by the end of its address %s", (link, name) => {
  expect(readMessage({ type: "document", document: { link } })).toMatchObject({ name });
});

it("reads a place in numbers or in texts, and none without them", () => {
  const at = (latitude: unknown) =>
    readMessage({ type: "location", location: { latitude, longitude: -77.03, name: "Lima" } });
  expect(at(-12.05)).toMatchObject({ kind: "location", latitude: -12.05, name: "Lima", address: "" });
  expect(at("-12.05")).toMatchObject({ latitude: -12.05 });
  for (const nowhere of ["", null, undefined, "aquí"]) expect(at(nowhere).kind).toBe("unsupported");
});

describe("contact cards", () => {
  const card = (contact: unknown) => {
    const content = readMessage({ type: "contacts", contacts: [contact] });
    return content.kind === "contacts" ? content.cards[0] : undefined;
  };

  it("are read field by field", () => {
    expect(
      card({
        name: { formatted_name: "Ana Torres" },
        phones: [{ phone: "+51 987 654 321" }, {}],
        emails: [{ email: "ana@x.pe" }],
        org: { company: "Óptica" },
      }),
    ).toEqual({ name: "Ana Torres", work: "Óptica", phones: ["+51 987 654 321"], emails: ["ana@x.pe"] });
  });

  it("are read from a vCard when there is nothing else", () => {
    const vcard = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ana Torres\r\nTEL;type=CELL:+51 987\r\nEND:VCARD";
    expect(card({ vcard })).toEqual({ name: "Ana Torres", work: "", phones: ["+51 987"], emails: [] });
  });
});

it("reads a link button and a request for a place, with what stands above", () => {
  const around = {
    header: { type: "document", document: { link: "https://x.pe/a.pdf" } },
    body: { text: "Mira" },
  };
  const parameters = { display_text: "Abrir", url: "https://x.pe" };
  expect(
    readMessage({
      type: "interactive",
      interactive: { type: "cta_url", ...around, action: { name: "cta_url", parameters } },
    }),
  ).toEqual({
    kind: "link",
    header: { kind: "document", link: "https://x.pe/a.pdf", name: "a.pdf" },
    text: "Mira",
    footer: "",
    title: "Abrir",
    url: "https://x.pe",
  });
  expect(
    readMessage({
      type: "interactive",
      interactive: { type: "location_request_message", body: { text: "¿Dónde estás?" } },
    }),
  ).toMatchObject({ kind: "locationRequest", text: "¿Dónde estás?" });
});

it("adds an order up", () => {
  const product_items = [
    { quantity: "2", item_price: "30.5", currency: "PEN" },
    { quantity: 1, item_price: 9, currency: "PEN" },
    { quantity: "?" },
  ];
  expect(readMessage({ type: "order", order: { product_items } })).toEqual({
    kind: "order",
    text: "",
    items: 3,
    total: 70,
    currency: "PEN",
  });
});

it("survives what it does not know", () => {
  expect(readMessage({ type: "poll", poll: { id: "1" } })).toEqual({ kind: "unsupported", type: "poll" });
  expect(readMessage({ type: "interactive", interactive: null })).toEqual({
    kind: "unsupported",
    type: "interactive",
  });
  expect(readMessage({ type: "text", text: "no" })).toEqual({ kind: "text", text: "" });
  expect(readMessage({ type: "contacts", contacts: "no" })).toEqual({ kind: "contacts", cards: [] });
});

it("says how it was passed on", () => {
  expect(forwarded({ context: { forwarded: true } })).toBe("yes");
  expect(forwarded({ context: { forwarded: true, frequently_forwarded: true } })).toBe("many");
  expect(forwarded({ context: { id: "wamid.A" } })).toBeNull();
});

it("knows what can be edited and what a quote says", () => {
  const picture = readMessage({ type: "image", image: {} });
  expect([editable(picture), preview(picture)]).toEqual(["", ""]);
  const sticker = readMessage({ type: "sticker", sticker: {} });
  expect(editable(sticker)).toBeNull();
  const paper = readMessage({ type: "document", document: { filename: "a.pdf", caption: "Receta" } });
  expect([editable(paper), preview(paper)]).toEqual(["Receta", "Receta"]);
});
