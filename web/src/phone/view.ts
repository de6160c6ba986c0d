// What the address of the page asks for: `?customer=<wa_id>` (again for one more beside it), `?frame=0`.
import { useEffect, useState, useSyncExternalStore } from "react";

export type View = {
  /** The chats on the screen, from left to right; empty means: nobody was chosen yet. */
  customers: string[];
  /** Whether the list of customers and the rim of the phone are drawn; without, the chat fills the page. */
  frame: boolean;
};

export function readView(search: string): View {
  const query = new URLSearchParams(search);
  return { customers: [...new Set(query.getAll("customer"))], frame: query.get("frame") !== "0" };
}

export function writeView(view: View): string {
  const query = new URLSearchParams(view.customers.map((customer) => ["customer", customer]));
  if (!view.frame) query.set("frame", "0");
  return query.size ? `?${query}` : "";
}

/** The view, kept in the address, so that reloading and sharing it keep the chat and Back goes back. */
export function useView(): [View, (customers: string[]) => void] {
  const [view, setView] = useState(() => readView(location.search));
  useEffect(() => {
    const follow = () => setView(readView(location.search));
    addEventListener("popstate", follow);
    return () => removeEventListener("popstate", follow);
  }, []);
  const show = (customers: string[]) => {
    const next = { ...view, customers };
    history.pushState(null, "", location.pathname + writeView(next));
    setView(next);
  };
  return [view, show];
}

// The width below which list and chat take turns; the same number is in App.module.css.
const WIDE = matchMedia("(min-width: 45rem)");

const onWideChange = (changed: () => void) => {
  WIDE.addEventListener("change", changed);
  return () => WIDE.removeEventListener("change", changed);
};

/** Whether the list of customers fits beside a chat. */
export const useWide = (): boolean => useSyncExternalStore(onWideChange, () => WIDE.matches);

const onVisibilityChange = (changed: () => void) => {
  document.addEventListener("visibilitychange", changed);
  return () => document.removeEventListener("visibilitychange", changed);
};

/** Whether the page is on the screen: a chat in a hidden tab is not read. */
export const useVisible = (): boolean =>
  useSyncExternalStore(onVisibilityChange, () => document.visibilityState === "visible");
