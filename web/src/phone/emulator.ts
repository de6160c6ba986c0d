// The emulator's control API, as far as a phone needs it. The words are WhatsApp's own JSON.

/** How far a message has come. A customer's is `sending` until Cauce has answered the webhook. */
export type Status = "sending" | "sent" | "delivered" | "read" | "failed";

export type Business = { name: string; phone_number_id: string; display_phone_number: string };

export type Customer = {
  wa_id: string;
  name: string;
  unread: number;
  /** The business shows "typing…". */
  typing: boolean;
  /** `at` in milliseconds. */
  last: { text: string; at: number } | null;
};

export type State = { business: Business; customers: Customer[] };

export type PhoneMessage = {
  /** WhatsApp's id, `wamid.…`. */
  id: string;
  from: Side;
  /** Milliseconds. */
  at: number;
  status: Status;
  /** The id chosen on this message's buttons or list. */
  replied: string | null;
  /** At most one of each side. */
  reactions: { from: Side; emoji: string }[];
  edited: boolean;
  /** Taken back by the customer; its bubble stays. */
  revoked: boolean;
  /** Where the bytes of its file are; null while a link is fetched, when that failed, and without a file. */
  media: string | null;
  /** About `media`. */
  file: { mime: string; bytes: number; name: string | null } | null;
  /** Why it did not arrive, with Meta's code. */
  failure: { code: number; details: string } | null;
  /** As Graph takes it or the webhook carries it; read it with `readMessage`. */
  message: Record<string, unknown>;
};

export type Side = "customer" | "business";

/** The sorts of file that WhatsApp knows. */
export type MediaType = "image" | "video" | "audio" | "document" | "sticker";

export type Contact = { name: { formatted_name: string }; phones: { phone: string }[] };

/** What a customer sends or does. Lengths and limits are WhatsApp's; the emulator refuses what breaks them. */
export type Outgoing = (
  | { type: "text"; text: { body: string } }
  | { type: "button_reply" | "list_reply"; message_id: string; id: string }
  | { type: "image" | "video" | "document"; media: { id: string }; caption?: string }
  | { type: "audio"; media: { id: string }; voice: boolean }
  | { type: "sticker"; media: { id: string }; animated: boolean }
  | {
      type: "location";
      location: { latitude: number; longitude: number; name?: string; address?: string };
    }
  | { type: "contacts"; contacts: Contact[] }
  /** An empty emoji takes the reaction back. */
  | { type: "reaction"; message_id: string; emoji: string }
  /** Within 15 minutes: a text, or the words under a file. */
  | { type: "edit"; message_id: string; text: { body: string } }
  | { type: "revoke"; message_id: string }
) & {
  /** The message that it answers. */
  reply_to?: string;
  forwarded?: "yes" | "many";
};

/** A small file that comes with the emulator. */
export type Sample = { name: string; kind: MediaType; mime: string };

const ROOT = "/emulator";

/** An answer other than success. */
export class Refused extends Error {
  /** The emulator's stable word for it; empty when the answer was none of its own. */
  readonly code: string;

  constructor(call: string, status: number, code: string) {
    super(`${call}: ${status} ${code}`);
    this.code = code;
  }
}

async function request(method: "GET" | "POST", path: string, body?: BodyInit, mime?: string) {
  const response = await fetch(path, {
    method,
    ...(body === undefined ? {} : { body }),
    ...(mime === undefined ? {} : { headers: { "Content-Type": mime } }),
  });
  if (response.ok) return response;
  const { code } = (await response.json().catch(() => ({}))) as { code?: unknown };
  throw new Refused(`${method} ${path}`, response.status, typeof code === "string" ? code : "");
}

async function call<T>(method: "GET" | "POST", path: string, body?: unknown): Promise<T> {
  const json = body === undefined ? undefined : JSON.stringify(body);
  const response = await request(method, ROOT + path, json, json && "application/json");
  return (response.status === 204 ? undefined : await response.json()) as T;
}

const chat = (customer: string) => `/customers/${encodeURIComponent(customer)}`;

// What the browser does not know by its name is still some document.
const UNKNOWN_MIME = "application/octet-stream";

export const emulator = {
  state: () => call<State>("GET", "/state"),
  messages: (customer: string) => call<PhoneMessage[]>("GET", `${chat(customer)}/messages`),
  /** Without a name the emulator thinks of somebody. */
  addCustomer: (name: string) =>
    call<{ wa_id: string; name: string }>("POST", "/customers", name ? { name } : {}),
  send: (customer: string, message: Outgoing) =>
    call<{ id: string }>("POST", `${chat(customer)}/messages`, message),
  /** Puts a file on the customer's phone, from where it can be sent; hands back its id. */
  async upload(customer: string, file: File): Promise<string> {
    const mime = file.type || UNKNOWN_MIME;
    const query = new URLSearchParams({ mime, filename: file.name });
    const response = await request("POST", `${ROOT}${chat(customer)}/media?${query}`, file, mime);
    return ((await response.json()) as { id: string }).id;
  },
  samples: () => call<Sample[]>("GET", "/samples"),
  sample: ({ name, mime }: Sample) =>
    emulator.file(`${ROOT}/samples/${encodeURIComponent(name)}`, name, mime),
  /** The file at this address of the emulator. */
  async file(path: string, name: string, mime: string): Promise<File> {
    return new File([await (await request("GET", path)).blob()], name, { type: mime });
  },
  /** The chat is on the screen: what the business wrote is now read. */
  open: (customer: string) => call<void>("POST", `${chat(customer)}/open`),
};

/** What the emulator tells while it is watched. `back` comes first and after every interruption. */
export type Watcher = { back(): void; lost(): void; changed(customer: string): void; customers(): void };

const RETRY_MS = 1000;

/** Follows the emulator's events until the returned function is called; reconnects by itself. */
export function watch(watcher: Watcher): () => void {
  let source: EventSource;
  let retry: ReturnType<typeof setTimeout> | undefined;

  const connect = () => {
    source = new EventSource(`${ROOT}/events`);
    source.addEventListener("open", () => watcher.back());
    source.addEventListener("change", (event) => {
      watcher.changed((JSON.parse(event.data) as { customer: string }).customer);
    });
    source.addEventListener("customers", () => watcher.customers());
    source.addEventListener("error", () => {
      watcher.lost();
      // The browser tries again by itself, except after an answer that is no stream.
      if (source.readyState === EventSource.CLOSED) retry = setTimeout(connect, RETRY_MS);
    });
  };
  connect();
  return () => {
    clearTimeout(retry);
    source.close();
  };
}
