// Single-key shortcuts, by the character typed and not by the place of the key: they work on every layout.
import { useEffect, useEffectEvent } from "react";

const TYPING = "input, textarea, select, [contenteditable=true], [role=dialog], [role=menu], [role=listbox]";

/** Calls the action of a key, unless somebody is typing, in a menu or in a dialog. Keys in lower case. */
export function useKeys(actions: Record<string, () => void>) {
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target instanceof Element && event.target.closest(TYPING)) return;
    const action = actions[event.key.toLowerCase()];
    if (!action) return;
    event.preventDefault();
    action();
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent) => onKey(event);
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, []);
}
