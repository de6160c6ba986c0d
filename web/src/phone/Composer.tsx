// Where the customer writes. Enter sends, Shift+Enter begins a new line.
import { type FormEvent, type KeyboardEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import styles from "./Composer.module.css";
import { SendIcon } from "./icons";

type Props = {
  /** Whether the last message did not leave the phone. */
  failed: boolean;
  send: (body: string) => Promise<void>;
  /** Whether the keyboard goes here as soon as the chat opens. */
  focus: boolean;
};

// WhatsApp's limit of a text.
const MAX_CHARACTERS = 4096;

export function Composer({ failed, send, focus }: Props) {
  const { t } = useTranslation();
  const [body, setBody] = useState("");

  const submit = async (event?: FormEvent) => {
    event?.preventDefault();
    const text = body.trim();
    if (!text) return;
    setBody("");
    try {
      await send(text);
    } catch {
      // What was written comes back, before what was written since.
      setBody((since) => (since ? `${text}\n${since}` : text));
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // Enter that ends a composition (accents, other scripts) does not send.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    void submit();
  };
  return (
    <form className={styles.composer} onSubmit={submit}>
      {failed && (
        <p className={styles.failed} role="alert">
          {t("phone.notSent")}
        </p>
      )}
      <textarea
        // biome-ignore lint/a11y/noAutofocus: the person has just chosen on which phone to write.
        autoFocus={focus}
        rows={1}
        maxLength={MAX_CHARACTERS}
        value={body}
        onChange={(event) => setBody(event.target.value)}
        onKeyDown={onKeyDown}
        placeholder={t("phone.write")}
        aria-label={t("phone.write")}
        data-testid="phone-input"
      />
      <button type="submit" aria-label={t("phone.send")} disabled={!body.trim()} data-testid="phone-send">
        <SendIcon />
      </button>
    </form>
  );
}
