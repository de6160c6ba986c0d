// Reads WhatsApp's JSON of a message, in either direction, into what a phone can show.
// Everything in it comes from outside: what is not understood becomes `unsupported`.

export type Row = { id: string; title: string; description: string };
export type Section = { title: string; rows: Row[] };
export type Place = { latitude: number; longitude: number; name: string; address: string };
export type Card = { name: string; work: string; phones: string[]; emails: string[] };

/** A file sent by its address; without one, only the emulator has its bytes. */
export type Linked = { link: string };

/** What stands above an interactive message. */
export type Header =
  | { kind: "none" }
  | { kind: "text"; text: string }
  | ({ kind: "image" | "video" } & Linked)
  | ({ kind: "document"; name: string } & Linked);

/** What all interactive messages have around their choice. */
type Around = { header: Header; text: string; footer: string };

export type Content =
  | { kind: "text"; text: string }
  | ({ kind: "image" | "video"; caption: string } & Linked)
  | ({ kind: "audio" | "voice" | "sticker" } & Linked)
  | ({ kind: "document"; name: string; caption: string } & Linked)
  | ({ kind: "location" } & Place)
  | { kind: "contacts"; cards: Card[] }
  | ({ kind: "buttons"; buttons: { id: string; title: string }[] } & Around)
  | ({ kind: "list"; button: string; sections: Section[] } & Around)
  | ({ kind: "link"; title: string; url: string } & Around)
  | ({ kind: "locationRequest" } & Around)
  | { kind: "choice"; title: string; description: string }
  | { kind: "order"; text: string; items: number; total: number; currency: string }
  | { kind: "unsupported"; type: string };

type Fields = Record<string, unknown>;

const fields = (value: unknown): Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
const list = (value: unknown): Fields[] => (Array.isArray(value) ? value.map(fields) : []);
const text = (value: unknown): string => (typeof value === "string" ? value : "");
// Both directions write numbers also as texts.
const number = (value: unknown): number => (value === "" || value === null ? Number.NaN : Number(value));

export function readMessage(message: Fields): Content {
  // Graph's default: a message without a type is a text.
  const type = text(message.type) || "text";
  const part = fields(message[type]);
  const link = text(part.link);
  const caption = text(part.caption);
  switch (type) {
    case "text":
      return { kind: "text", text: text(part.body) };
    case "image":
    case "video":
      return { kind: type, link, caption };
    case "audio":
      return { kind: part.voice === true ? "voice" : "audio", link };
    case "sticker":
      return { kind: "sticker", link };
    case "document":
      return { kind: "document", link, name: documentName(part), caption };
    case "location":
      return readLocation(part) ?? { kind: "unsupported", type };
    case "contacts":
      return { kind: "contacts", cards: list(message.contacts).map(readCard) };
    case "interactive":
      return readInteractive(part);
    // A tap on a button of a template.
    case "button":
      return { kind: "choice", title: text(part.text), description: "" };
    case "order":
      return readOrder(part);
    // What WhatsApp itself could not pass on, and what it says of it.
    case "unsupported":
      return { kind: "unsupported", type: text(part.type) || type };
    default:
      return { kind: "unsupported", type };
  }
}

function readLocation(location: Fields): Content | undefined {
  const [latitude, longitude] = [number(location.latitude), number(location.longitude)];
  if (!Number.isFinite(latitude) || !Number.isFinite(longitude)) return undefined;
  return {
    kind: "location",
    latitude,
    longitude,
    name: text(location.name),
    address: text(location.address),
  };
}

function readCard(contact: Fields): Card {
  const name = fields(contact.name);
  // Since 2026 a card may come as a vCard alone.
  const vcard = text(contact.vcard);
  const line = (property: string) =>
    [...vcard.matchAll(new RegExp(`^${property}(?:;[^:\\n]*)?:(.*)$`, "gim"))].flatMap(([, value]) =>
      value?.trim() ? [value.trim()] : [],
    );
  const given = (values: unknown, key: string) => list(values).flatMap((value) => text(value[key]) || []);
  const phones = given(contact.phones, "phone");
  const emails = given(contact.emails, "email");
  const whole = [name.first_name, name.last_name].map(text).filter(Boolean).join(" ");
  return {
    name: text(name.formatted_name) || whole || line("FN")[0] || "",
    work: text(fields(contact.org).company),
    phones: phones.length ? phones : line("TEL"),
    emails: emails.length ? emails : line("EMAIL"),
  };
}

function readOrder(order: Fields): Content {
  const products = list(order.product_items).map((product) => {
    const quantity = number(product.quantity);
    return { quantity, price: number(product.item_price) * quantity, currency: text(product.currency) };
  });
  const sum = (numbers: number[]) => numbers.reduce((total, one) => total + (one || 0), 0);
  return {
    kind: "order",
    text: text(order.text),
    items: sum(products.map(({ quantity }) => quantity)),
    total: sum(products.map(({ price }) => price)),
    currency: products[0]?.currency ?? "",
  };
}

function readInteractive(interactive: Fields): Content {
  const action = fields(interactive.action);
  const around = {
    header: readHeader(fields(interactive.header)),
    text: text(fields(interactive.body).text),
    footer: text(fields(interactive.footer).text),
  };
  switch (interactive.type) {
    case "button":
      return {
        kind: "buttons",
        ...around,
        buttons: list(action.buttons).map((button) => {
          const reply = fields(button.reply);
          return { id: text(reply.id), title: text(reply.title) };
        }),
      };
    case "list":
      return {
        kind: "list",
        ...around,
        button: text(action.button),
        sections: list(action.sections).map((section) => ({
          title: text(section.title),
          rows: list(section.rows).map((row) => ({
            id: text(row.id),
            title: text(row.title),
            description: text(row.description),
          })),
        })),
      };
    case "cta_url": {
      const parameters = fields(action.parameters);
      return { kind: "link", ...around, title: text(parameters.display_text), url: text(parameters.url) };
    }
    case "location_request_message":
      return { kind: "locationRequest", ...around };
    case "button_reply":
    case "list_reply": {
      const reply = fields(interactive[interactive.type]);
      return { kind: "choice", title: text(reply.title), description: text(reply.description) };
    }
    default:
      return { kind: "unsupported", type: text(interactive.type) || "interactive" };
  }
}

function readHeader(header: Fields): Header {
  const part = fields(header[text(header.type)]);
  switch (header.type) {
    case "text":
      return { kind: "text", text: text(header.text) };
    case "image":
    case "video":
      return { kind: header.type, link: text(part.link) };
    case "document":
      return { kind: "document", link: text(part.link), name: documentName(part) };
    default:
      return { kind: "none" };
  }
}

/** The name it was given, else the last part of its address, as WhatsApp does. */
function documentName(document: Fields): string {
  const last = /^https?:\/\/[^/?#]+\/(?:[^?#]*\/)?([^/?#]+)/.exec(text(document.link))?.[1] ?? "";
  try {
    return text(document.filename) || decodeURIComponent(last);
  } catch {
    // Not every address is well written.
    return last;
  }
}

/** The id of the message that this one answers. */
export function quotedId(message: Fields): string | null {
  const context = fields(message.context);
  return text(context.id) || text(context.message_id) || null;
}

/** Whether it was passed on, and how often, as WhatsApp marks it. */
export function forwarded(message: Fields): "yes" | "many" | null {
  const context = fields(message.context);
  if (context.frequently_forwarded === true) return "many";
  return context.forwarded === true ? "yes" : null;
}

/** What can be edited of it: the text, or the words under a picture, a video or a document. */
export function editable(content: Content): string | null {
  if (content.kind === "text") return content.text;
  return "caption" in content ? content.caption : null;
}

/** The message's own words, on one line, for a quote; empty where only its kind says what it is. */
export function preview(content: Content): string {
  switch (content.kind) {
    case "text":
    case "buttons":
    case "list":
    case "link":
    case "locationRequest":
      return content.text;
    case "image":
    case "video":
      return content.caption;
    case "document":
      return content.caption || content.name;
    case "location":
      return content.name || content.address;
    case "contacts":
      return content.cards.map(({ name }) => name).join(", ");
    case "choice":
      return content.title;
    case "order":
      return content.text;
    case "audio":
    case "voice":
    case "sticker":
    case "unsupported":
      return "";
  }
}
