// The words of the API under short names; the shapes are the server's (schema.d.ts).
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Me = Schemas["Me"];
export type CaseView = Schemas["CaseView"];
export type ConsentView = Schemas["ConsentView"];
export type ConversationSummary = Schemas["ConversationSummary"];
export type ConversationPage = Schemas["ConversationPage"];
export type Conversation = Schemas["Conversation"];
export type Message = Schemas["Message"];
export type MessagePage = Schemas["MessagePage"];
export type MessageStatus = Schemas["MessageStatusView"];
export type Content = Schemas["Content"];
/** The contents of one type. */
export type ContentOf<T extends Content["type"]> = Extract<Content, { type: T }>;
export type Author = Schemas["Author"];
export type MediaKind = ContentOf<"media">["media"];
export type Reply = Schemas["Reply"];
export type ContactPath = Schemas["ContactPath"];
export type FlowSummary = Schemas["FlowSummary"];
export type FlowView = Schemas["FlowView"];
export type FlowNode = Schemas["FlowNode"];
export type Health = Schemas["Health"];
export type TimeSpread = Schemas["TimeSpread"];

/** What `/api/events` says: which thing changed; the reader looks up how it stands now. */
export type Change = Schemas["ChangeView"];

/** The lists of the inbox, in the order of its tabs. */
export const TABS = ["queued", "mine", "open", "bot", "ended"] as const satisfies Schemas["Tab"][];
export type Tab = (typeof TABS)[number];
