import { useEffect } from "react";
import { anyUploading } from "./outbox";
import { anyStaged } from "./staging";

let guarded = false;

/** From now on the browser asks before it closes a page that holds files which have not been sent. */
export function useLeaveGuard() {
  useEffect(() => {
    // An upload goes on when the inbox is left for another screen, and so does the guard.
    if (guarded) return;
    guarded = true;
    window.addEventListener("beforeunload", (event) => {
      if (anyUploading() || anyStaged()) event.preventDefault();
    });
  }, []);
}
