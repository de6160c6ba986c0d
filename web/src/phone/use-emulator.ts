// The emulator's state in React: queries that every event refreshes.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { emulator, watch } from "./emulator";

const STATE = ["state"];
const messagesOf = (customer: string) => ["messages", customer];

export const useEmulatorState = () => useQuery({ queryKey: STATE, queryFn: emulator.state });

export const useMessages = (customer: string) =>
  useQuery({ queryKey: messagesOf(customer), queryFn: () => emulator.messages(customer) });

/** Keeps all queries live; says whether the emulator can be heard. Nothing is missed: coming back refetches all. */
export function useLive(): boolean {
  const client = useQueryClient();
  const [live, setLive] = useState(true);
  useEffect(
    () =>
      watch({
        back() {
          setLive(true);
          void client.invalidateQueries();
        },
        lost() {
          setLive(false);
        },
        changed(customer) {
          void client.invalidateQueries({ queryKey: STATE });
          void client.invalidateQueries({ queryKey: messagesOf(customer) });
        },
        customers() {
          void client.invalidateQueries({ queryKey: STATE });
        },
      }),
    [client],
  );
  return live;
}
