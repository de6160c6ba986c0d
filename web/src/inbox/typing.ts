// Shows the person "typing…" while their agent writes.
import { showTyping } from "../api/queries";

/** WhatsApp takes the sign away after 25 s; repeated this often it never goes out between two words. */
const EVERY_MS = 8000;

const told = new Map<string, number>();

/** Called with every stroke; tells the server at most once per `EVERY_MS` and contact, and waits for nothing. */
export function tellTyping(contact: string) {
  const now = Date.now();
  if (now - (told.get(contact) ?? Number.NEGATIVE_INFINITY) < EVERY_MS) return;
  told.set(contact, now);
  // A courtesy: without it the conversation goes on all the same.
  showTyping(contact).catch(() => {});
}
