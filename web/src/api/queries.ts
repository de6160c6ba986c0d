// What the screens ask the server, and the names under which the answers are kept.
import { infiniteQueryOptions, type QueryClient, queryOptions } from "@tanstack/react-query";
import { setServerTime } from "../lib/clock";
import { request, setCsrf } from "./http";
import { mergeEarlier, mergeLatest } from "./transcript";
import type {
  CaseView,
  ContactPath,
  Conversation,
  ConversationPage,
  FlowSummary,
  FlowView,
  Me,
  MessagePage,
  Tab,
} from "./types";

export const keys = {
  me: ["me"] as const,
  conversations: ["conversations"] as const,
  conversation: (contact: string) => ["conversation", contact] as const,
  path: (contact: string) => ["path", contact] as const,
  flows: ["flows"] as const,
  flow: (flow: string) => ["flow", flow] as const,
};

const id = encodeURIComponent;

/** Remembers what a login or `/api/me` tells: the CSRF token and the server's clock. */
function welcome(me: Me): Me {
  setCsrf(me.csrf);
  setServerTime(me.now);
  return me;
}

export const meQuery = queryOptions({
  queryKey: keys.me,
  queryFn: async ({ signal }) => welcome(await request<Me>("GET", "/api/me", { signal })),
  staleTime: Number.POSITIVE_INFINITY,
});

export async function login(client: QueryClient, email: string, password: string): Promise<void> {
  const me = await request<Me>("POST", "/api/login", { body: { email, password } });
  client.clear();
  client.setQueryData(keys.me, welcome(me));
}

export async function logout(client: QueryClient): Promise<void> {
  await request("POST", "/api/logout");
  setCsrf(null);
  client.clear();
}

const PAGE = 50;

export const conversationsQuery = (tab: Tab | "all") =>
  infiniteQueryOptions({
    queryKey: [...keys.conversations, tab],
    queryFn: ({ pageParam, signal }) =>
      request<ConversationPage>("GET", "/api/conversations", {
        query: { tab, limit: PAGE, before: pageParam },
        signal,
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });

export const conversationQuery = (contact: string) =>
  queryOptions({
    queryKey: keys.conversation(contact),
    queryFn: async ({ client, signal }) => {
      const fresh = await request<Conversation>("GET", `/api/conversations/${id(contact)}`, { signal });
      return mergeLatest(client.getQueryData<Conversation>(keys.conversation(contact)), fresh);
    },
  });

/** Adds the messages before the oldest one on screen. */
export async function loadEarlier(client: QueryClient, contact: string): Promise<void> {
  const first = client.getQueryData<Conversation>(keys.conversation(contact))?.messages[0];
  if (!first) return;
  const page = await request<MessagePage>("GET", `/api/conversations/${id(contact)}/messages`, {
    query: { before: first.seq, limit: 100 },
  });
  client.setQueryData<Conversation>(keys.conversation(contact), (now) => now && mergeEarlier(now, page));
}

export const pathQuery = (contact: string) =>
  queryOptions({
    queryKey: keys.path(contact),
    queryFn: ({ signal }) =>
      request<ContactPath>("GET", `/api/conversations/${id(contact)}/path`, { signal }),
  });

export const flowsQuery = queryOptions({
  queryKey: keys.flows,
  queryFn: ({ signal }) => request<FlowSummary[]>("GET", "/api/flows", { signal }),
});

/** A flow as it stands, or one of its versions. */
export const flowQuery = (flow: string, version?: string) =>
  queryOptions({
    queryKey: [...keys.flow(flow), version ?? "current"],
    queryFn: async ({ client, signal }) => {
      const path = `/api/flows/${id(flow)}`;
      if (version !== undefined)
        return request<FlowView>("GET", `${path}/versions/${id(version)}`, { signal });
      const view = await request<FlowView>("GET", path, { signal });
      // Still at hand when another version is published while somebody looks at this one.
      client.setQueryData([...keys.flow(flow), view.version], view);
      return view;
    },
  });

/** Every command carries an id of its own: repeated, it has one effect. */
export const newCommand = () => crypto.randomUUID();

export const takeCase = (caseId: string, command: string) =>
  request<CaseView>("POST", `/api/cases/${id(caseId)}/take`, { body: { command } });

export const endCase = (caseId: string, command: string) =>
  request<CaseView>("POST", `/api/cases/${id(caseId)}/end`, { body: { command } });

export const markRead = (contact: string) => request<void>("POST", `/api/conversations/${id(contact)}/read`);

export const sendMessage = (contact: string, message: { command: string; case: string; body: string }) =>
  request<{ seq: number }>("POST", `/api/conversations/${id(contact)}/messages`, { body: message });
