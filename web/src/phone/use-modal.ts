// The browser's own modal dialog: over everything, with the keyboard in it, closed by Escape or a click beside it.
import { type MouseEvent, type SyntheticEvent, useLayoutEffect, useRef } from "react";

/** Properties for a `<dialog>` that is open as long as it is drawn. */
export function useModal(close: () => void) {
  const ref = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    // Closing gives the keyboard back to what had it; being removed alone does not.
    return () => dialog?.close();
  }, []);
  return {
    ref,
    onClose: (event: SyntheticEvent<HTMLDialogElement>) => event.currentTarget.open || close(),
    onClick: (event: MouseEvent<HTMLDialogElement>) => event.target === event.currentTarget && close(),
  };
}
