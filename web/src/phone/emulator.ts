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
  from: "customer" | "business";
  /** Milliseconds. */
  at: number;
  status: Status;
  /** The id chosen on this message's buttons or list. */
  replied: string | null;
  /** As Graph takes it or the webhook carries it; read it with `readMessage`. */
  message: Record<string, unknown>;
};

export type Outgoing =
  | { type: "text"; text: { body: string } }
  | { type: "button_reply"; message_id: string; id: string }
  | { type: "list_reply"; message_id: string; id: string };

const ROOT = "/emulator";

async function call<T>(method: "GET" | "POST", path: string, body?: unknown): Promise<T> {
  const response = await fetch(ROOT + path, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status}`);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

const chat = (customer: string) => `/customers/${encodeURIComponent(customer)}`;

export const emulator = {
  state: () => call<State>("GET", "/state"),
  messages: (customer: string) => call<PhoneMessage[]>("GET", `${chat(customer)}/messages`),
  /** Without a name the emulator thinks of somebody. */
  addCustomer: (name: string) =>
    call<{ wa_id: string; name: string }>("POST", "/customers", name ? { name } : {}),
  send: (customer: string, message: Outgoing) =>
    call<{ id: string }>("POST", `${chat(customer)}/messages`, message),
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
