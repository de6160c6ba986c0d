// The live connection of the signed-in app: events make answers stale, a loss shows a banner.
import { type QueryClient, type QueryFilters, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { keys } from "../api/queries";
import type { Change } from "../api/types";
import { staleAfter } from "./changes";
import { coalesce } from "./coalesce";
import { connect } from "./connection";
import type { ServerEvent } from "./sse";

const GATHER_MS = 120;
/** A connection that returns this fast (a server that restarts) is not worth a banner. */
const PATIENCE_MS = 1500;

type Filter = Pick<QueryFilters, "queryKey" | "predicate">;

/**
 * Fetches again what is stale. A first answer still on its way may be older than the change and is not asked twice
 * by react-query: such a query is fetched once more when it has arrived.
 */
async function refresh(client: QueryClient, filter: Filter) {
  const onTheWay = client
    .getQueryCache()
    .findAll(filter)
    .some((query) => query.state.data === undefined && query.state.fetchStatus === "fetching");
  await client.invalidateQueries(filter);
  if (onTheWay) await client.invalidateQueries(filter);
}

/** Everything but who is signed in. */
const refreshAll = (client: QueryClient) =>
  refresh(client, { predicate: (query) => query.queryKey[0] !== keys.me[0] });

function readChange(event: ServerEvent): Change | null {
  try {
    return JSON.parse(event.data) as Change;
  } catch {
    return null;
  }
}

/** Keeps every answer on screen fresh; returns whether the connection is lost. */
export function useLiveUpdates(onSignedOut: () => void): boolean {
  const client = useQueryClient();
  const [lost, setLost] = useState(false);

  useEffect(() => {
    let banner: ReturnType<typeof setTimeout> | undefined;
    const touch = coalesce<string>(GATHER_MS, (stale) =>
      Promise.all([...stale].map((key) => refresh(client, { queryKey: JSON.parse(key) as string[] }))),
    );
    const stop = connect("/api/events", {
      onLive: () => {
        clearTimeout(banner);
        banner = undefined;
        setLost(false);
        // What happened between a screen's first answer, or the loss, and now may have been missed.
        void refreshAll(client);
      },
      onLost: () => {
        banner ??= setTimeout(() => setLost(true), PATIENCE_MS);
      },
      onEvent: (event) => {
        if (event.event === "reset") void refreshAll(client);
        if (event.event !== "change") return;
        const change = readChange(event);
        if (change) for (const key of staleAfter(change)) touch(JSON.stringify(key));
      },
      onSignedOut,
    });
    return () => {
      clearTimeout(banner);
      stop();
    };
  }, [client, onSignedOut]);

  return lost;
}
