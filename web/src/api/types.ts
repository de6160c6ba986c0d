// The words of the HTTP contract. Times are RFC 3339 UTC strings with milliseconds.

/** RFC 3339 UTC with milliseconds. */
export type Instant = string;

export type Me = {
  user: { id: string; name: string; email: string; role: "admin" | "agent" };
  /** Sent back in `X-CSRF-Token` with every unsafe request. */
  csrf: string;
  workspace: { id: string; name: string };
  /** The server's clock: what countdowns are measured against. */
  now: Instant;
  /** Demo only: where the test phone is. */
  phone_url: string | null;
};

export type Assignee = { id: string; name: string };

export type CaseState = "queued" | "open" | "ended";

export type CaseView = {
  id: string;
  contact: string;
  queue: string;
  state: CaseState;
  version: number;
  queued_at: Instant;
  taken_at: Instant | null;
  ended_at: Instant | null;
  assignee: Assignee | null;
  end_reason: "resolved" | "timed_out" | null;
};

export type Stage = "bot" | "queued" | "open" | "idle" | "ended";

export type ConversationSummary = {
  contact: string;
  name: string | null;
  /** The phone, as people write it. */
  address: string;
  stage: Stage;
  unread: number;
  last: { text: string; at: Instant; direction: "in" | "out" } | null;
  window_ends_at: Instant | null;
  case: CaseView | null;
  run: { flow: string; version: string; flow_name: string; node: string; node_name: string } | null;
  updated_at: Instant;
};

export const TABS = ["queued", "mine", "open", "bot", "ended"] as const;
export type Tab = (typeof TABS)[number];

export type ConversationPage = {
  items: ConversationSummary[];
  counts: Record<Tab | "all", number>;
  next: string | null;
};

export type Author =
  | { kind: "contact" }
  | { kind: "bot"; node: string; node_name: string }
  | { kind: "agent"; user: string; name: string };

export type ListSection = {
  title?: string | null;
  rows: { id: string; title: string; description?: string | null }[];
};

export type Content =
  | { type: "text"; body: string }
  | {
      type: "image";
      link?: string | null;
      caption?: string | null;
      media?: { id: string; mime: string; filename?: string | null } | null;
    }
  | { type: "buttons"; body: string; footer?: string | null; buttons: { id: string; title: string }[] }
  | { type: "list"; body: string; footer?: string | null; button: string; sections: ListSection[] }
  | { type: "choice"; id: string; title: string }
  | { type: "unsupported"; kind: string };

export type MessageStatus = "queued" | "accepted" | "sent" | "delivered" | "read" | "failed";

export type Message = {
  /** Its place in the conversation: 1, 2, 3 … without a gap. */
  seq: number;
  at: Instant;
  author: Author;
  direction: "in" | "out";
  content: Content;
  status: MessageStatus | null;
  error: { code: string; text: string } | null;
};

export type CapturedField = { key: string; label: string; value: unknown };

export type Conversation = {
  summary: ConversationSummary;
  /** The last 100, oldest first. */
  messages: Message[];
  /** Whether there are older ones. */
  earlier: boolean;
  captured: CapturedField[];
  /** Newest first. */
  cases: CaseView[];
};

export type MessagePage = { messages: Message[]; earlier: boolean };

export type ContactPath = {
  run: {
    id: string;
    flow: string;
    version: string;
    state: "waiting" | "ended" | "failed";
    reason: string | null;
  } | null;
  steps: { node: string; exit: string | null; at: Instant }[];
  current: string | null;
};

export type FlowSummary = {
  id: string;
  name: string;
  version: string;
  published_at: Instant;
  published_by: string | null;
};

export type FlowNode = {
  id: string;
  kind: string;
  kind_name: string;
  icon: string;
  color: string;
  name: string;
  summary: string[];
  exits: { key: string; label: string; target: string | null }[];
  x: number | null;
  y: number | null;
  config: Record<string, unknown>;
};

export type FlowView = {
  id: string;
  name: string;
  version: string;
  current: boolean;
  published_at: Instant;
  nodes: FlowNode[];
};

/** What `/api/events` says: which thing changed; the reader looks up how it stands now. */
export type Change =
  | { change: "conversation"; contact: string }
  | { change: "case"; contact?: string; case?: { contact: string } }
  | { change: "flow"; flow: string; version: string };
