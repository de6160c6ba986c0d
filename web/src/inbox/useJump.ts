// From a quote to the message it quotes, also when that has not been loaded yet.
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { loadEarlier } from "../api/queries";
import type { Conversation } from "../api/types";
import { bubbleId } from "./MessageBubble";

/** Long enough to be found by the eye. */
const FLASH_MS = 1600;

/** Brings a message into sight and lets it shine for a moment. `onBefore` is called before older ones come in. */
export function useJump({ summary, messages, earlier }: Conversation, onBefore: () => void) {
  const client = useQueryClient();
  const [target, setTarget] = useState<string | null>(null);
  const loading = useRef(false);
  const [pages, setPages] = useState(0);
  const { contact } = summary;

  // biome-ignore lint/correctness/useExhaustiveDependencies: each page that came in may have brought it.
  useEffect(() => {
    if (target === null || loading.current) return;
    const bubble = document.getElementById(bubbleId(target));
    if (bubble) {
      setTarget(null);
      show(bubble);
      return;
    }
    if (!earlier) return setTarget(null);
    loading.current = true;
    onBefore();
    loadEarlier(client, contact)
      // Without a connection the quote stays what it is: its own words.
      .catch(() => setTarget(null))
      .finally(() => {
        loading.current = false;
        setPages((count) => count + 1);
      });
  }, [target, messages, pages, earlier, client, contact, onBefore]);

  return useCallback((message: string) => setTarget(message), []);
}

function show(bubble: HTMLElement) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  bubble.scrollIntoView({ block: "center", behavior: calm ? "instant" : "smooth" });
  bubble.focus({ preventScroll: true });
  bubble.animate(
    [
      { boxShadow: "0 0 0 3px var(--cauce-accent)" },
      { boxShadow: "0 0 0 3px var(--cauce-accent)", offset: 0.6 },
      { boxShadow: "0 0 0 3px transparent" },
    ],
    FLASH_MS,
  );
}
