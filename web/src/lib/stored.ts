// Small things remembered in this browser: preferences and drafts. A browser that refuses storage only forgets.
import { useCallback, useState } from "react";

export function readStored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** `null` or an empty text forgets the key. */
export function writeStored(key: string, value: string | null) {
  try {
    if (value === null || value === "") localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // Private mode or no room left: the value lives until the page closes.
  }
}

export function useStored(key: string, initial: string): [string, (value: string) => void] {
  const [value, setValue] = useState(() => readStored(key) ?? initial);
  const set = useCallback(
    (next: string) => {
      setValue(next);
      writeStored(key, next);
    },
    [key],
  );
  return [value, set];
}
