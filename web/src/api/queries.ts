// What the screens ask the server, and the names under which the answers are kept.
import { infiniteQueryOptions, type QueryClient, queryOptions } from "@tanstack/react-query";
import { setServerTime } from "../lib/clock";
import { lastWrite, request, setCsrf, upload } from "./http";
import { isOwn, mergeEarlier, mergeLatest } from "./transcript";
import type { CaseView, Conversation, FlowView, Me, Reply, Tab } from "./types";

export const keys = {
  me: ["me"] as const,
  conversations: ["conversations"] as const,
  conversation: (contact: string) => ["conversation", contact] as const,
  path: (contact: string) => ["path", contact] as const,
  flows: ["flows"] as const,
  flow: (flow: string) => ["flow", flow] as const,
  health: ["health"] as const,
};

/** Remembers what a login or `/api/me` tells: the CSRF token and the server's clock. */
function welcome(me: Me): Me {
  setCsrf(me.csrf);
  setServerTime(me.now);
  return me;
}

export const meQuery = queryOptions({
  queryKey: keys.me,
  queryFn: async ({ signal }) => welcome(await request("GET", "/api/me", { signal })),
  staleTime: Number.POSITIVE_INFINITY,
});

export async function login(client: QueryClient, email: string, password: string): Promise<void> {
  const me = await request("POST", "/api/login", { body: { email, password } });
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
      request("GET", "/api/conversations", {
        // A list asked right after a command already shows what the command did.
        query: { tab, limit: PAGE, before: pageParam, after: lastWrite() },
        signal,
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });

export const conversationQuery = (contact: string) =>
  queryOptions({
    queryKey: keys.conversation(contact),
    queryFn: async ({ client, signal }) => {
      const fresh = await request("GET", "/api/conversations/{contact}", { params: { contact }, signal });
      return mergeLatest(client.getQueryData<Conversation>(keys.conversation(contact)), fresh);
    },
  });

/** Adds the messages before the oldest one on screen. */
export async function loadEarlier(client: QueryClient, contact: string): Promise<void> {
  const known = client.getQueryData<Conversation>(keys.conversation(contact));
  const first = known?.messages.find((message) => isOwn(known.summary.contact, message));
  if (!first) return;
  const page = await request("GET", "/api/conversations/{contact}/messages", {
    params: { contact },
    query: { before: first.seq, limit: 100 },
  });
  client.setQueryData<Conversation>(keys.conversation(contact), (now) => now && mergeEarlier(now, page));
}

export const pathQuery = (contact: string) =>
  queryOptions({
    queryKey: keys.path(contact),
    queryFn: ({ signal }) =>
      request("GET", "/api/conversations/{contact}/path", { params: { contact }, signal }),
  });

export const flowsQuery = queryOptions({
  queryKey: keys.flows,
  queryFn: ({ signal }) => request("GET", "/api/flows", { signal }),
});

/** How the server is, asked again while somebody looks. */
export const healthQuery = queryOptions({
  queryKey: keys.health,
  queryFn: ({ signal }) => request("GET", "/api/health", { signal }),
  refetchInterval: 5000,
});

/** A flow as it stands, or one of its versions. */
export const flowQuery = (flow: string, version?: string) =>
  queryOptions({
    queryKey: [...keys.flow(flow), version ?? "current"],
    queryFn: async ({ client, signal }): Promise<FlowView> => {
      if (version !== undefined) {
        return request("GET", "/api/flows/{flow}/versions/{version}", { params: { flow, version }, signal });
      }
      const view = await request("GET", "/api/flows/{flow}", { params: { flow }, signal });
      // Still at hand when another version is published while somebody looks at this one.
      client.setQueryData([...keys.flow(flow), view.version], view);
      return view;
    },
  });

/**
 * Every command carries an id of its own: repeated, it has one effect.
 * (`crypto.randomUUID` is missing on plain http, as on a server in the office.)
 */
export const newCommand = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );

/** A case as it was seen: a command on one that has moved on since is refused. */
type SeenCase = Pick<CaseView, "id" | "version">;

export const takeCase = ({ id, version }: SeenCase, command: string) =>
  request("POST", "/api/cases/{case}/take", { params: { case: id }, body: { command, version } });

export const endCase = ({ id, version }: SeenCase, command: string) =>
  request("POST", "/api/cases/{case}/end", { params: { case: id }, body: { command, version } });

export const markRead = (contact: string) =>
  request("POST", "/api/conversations/{contact}/read", { params: { contact } });

/** Shows the person "typing…" for a moment. */
export const showTyping = (contact: string) =>
  request("POST", "/api/conversations/{contact}/typing", { params: { contact } });

export const sendMessage = (contact: string, body: Reply) =>
  request("POST", "/api/conversations/{contact}/messages", { params: { contact }, body });

/** Hands over a file that is going to be sent. */
export const uploadFile = (
  file: File,
  options: { onProgress: (part: number) => void; signal: AbortSignal },
) => upload("/api/files", file, options);
