import { useLayoutEffect, useState } from "react";

/** An address under which this page can show a file of the person's own; null until there is one. */
export function useObjectUrl(file: File | undefined): string | null {
  const [url, setUrl] = useState<string | null>(null);
  // Before anything is painted: what is shown with it never flickers.
  useLayoutEffect(() => {
    if (!file) return;
    const address = URL.createObjectURL(file);
    setUrl(address);
    return () => {
      setUrl(null);
      URL.revokeObjectURL(address);
    };
  }, [file]);
  return url;
}
