// The server's time, as well as we know it: countdowns and waiting times do not trust the clock of the desk.
import { useSyncExternalStore } from "react";

let skew = 0;

/** Sets the clock from an instant that the server just gave. */
export function setServerTime(instant: string) {
  const server = Date.parse(instant);
  if (!Number.isNaN(server)) skew = server - Date.now();
}

/** Milliseconds since 1970 by the server's clock. */
export const serverNow = () => Date.now() + skew;

const TICK_MS = 5000;
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void) {
  listeners.add(listener);
  timer ??= setInterval(() => {
    for (const each of listeners) each();
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

const tick = () => Math.floor(serverNow() / TICK_MS) * TICK_MS;

/** The server's time, renewed every five seconds. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, tick);
}
