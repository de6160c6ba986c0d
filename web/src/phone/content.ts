// Reads WhatsApp's JSON of a message, in either direction, into what a phone can show.
// Everything in it comes from outside: what is not understood becomes `unsupported`.

export type Row = { id: string; title: string; description: string };
export type Section = { title: string; rows: Row[] };

export type Content =
  | { kind: "text"; text: string }
  | { kind: "image"; link: string; caption: string }
  | {
      kind: "buttons";
      header: Header;
      text: string;
      footer: string;
      buttons: { id: string; title: string }[];
    }
  | { kind: "list"; header: Header; text: string; footer: string; button: string; sections: Section[] }
  | { kind: "choice"; title: string; description: string }
  | { kind: "unsupported"; type: string };

/** What stands above an interactive message. */
export type Header = { kind: "none" } | { kind: "text"; text: string } | { kind: "image"; link: string };

type Fields = Record<string, unknown>;

const fields = (value: unknown): Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
const list = (value: unknown): Fields[] => (Array.isArray(value) ? value.map(fields) : []);
const text = (value: unknown): string => (typeof value === "string" ? value : "");

export function readMessage(message: Record<string, unknown>): Content {
  // Graph's default: a message without a type is a text.
  const type = text(message.type) || "text";
  switch (type) {
    case "text":
      return { kind: "text", text: text(fields(message.text).body) };
    case "image": {
      const image = fields(message.image);
      return { kind: "image", link: text(image.link) || text(image.url), caption: text(image.caption) };
    }
    case "interactive":
      return readInteractive(fields(message.interactive));
    default:
      return { kind: "unsupported", type };
  }
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
  if (header.type === "text") return { kind: "text", text: text(header.text) };
  if (header.type === "image") return { kind: "image", link: text(fields(header.image).link) };
  return { kind: "none" };
}

/** The id of the message that this one answers. */
export function quotedId(message: Record<string, unknown>): string | null {
  const context = fields(message.context);
  return text(context.id) || text(context.message_id) || null;
}

/** One line that stands for the message in a quote. */
export function preview(content: Content): string {
  switch (content.kind) {
    case "text":
    case "buttons":
    case "list":
      return content.text;
    case "image":
      return content.caption;
    case "choice":
      return content.title;
    case "unsupported":
      return "";
  }
}
