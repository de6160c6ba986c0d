// A sheet that rises from the foot of a phone: a title, what is asked, and a button that sends it.
import { type FormEvent, type ReactNode, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { CloseIcon } from "./icons";
import styles from "./Sheet.module.css";

type Props = {
  title: string;
  /** What the button that closes it is called. */
  closing: string;
  close: () => void;
  /** Whether there is something to send. */
  ready: boolean;
  /** Why it was not sent. */
  failure?: string | undefined;
  send: () => void;
  sendId: string;
  children: ReactNode;
};

export function Sheet({ title, closing, close, ready, failure, send, sendId, children }: Props) {
  const { t } = useTranslation();
  const sheet = useRef<HTMLDivElement>(null);

  // The keyboard goes into the sheet and, when it closes, back to the button that opened it.
  useEffect(() => {
    const opener = document.activeElement;
    const first = (fields: string) => sheet.current?.querySelector<HTMLElement>(fields);
    (first("input:checked") ?? first("input") ?? first("button"))?.focus();
    return () => {
      // The chat behind is inert until React has drawn it again.
      requestAnimationFrame(() => opener instanceof HTMLElement && opener.focus());
    };
  }, []);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (ready) send();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a click beside the sheet closes it; keys have Escape and the button.
    // biome-ignore lint/a11y/useKeyWithClickEvents: the same.
    <div className={styles.veil} onClick={(event) => event.target === event.currentTarget && close()}>
      <div
        ref={sheet}
        className={styles.sheet}
        role="dialog"
        aria-modal="true"
        aria-label={title}
        onKeyDown={(event) => event.key === "Escape" && close()}
      >
        <form className={styles.form} onSubmit={submit}>
          <header className={styles.header}>
            <button type="button" aria-label={closing} onClick={close}>
              <CloseIcon />
            </button>
            <h3>{title}</h3>
          </header>
          <div className={styles.body}>{children}</div>
          <footer className={styles.footer}>
            {failure && <p role="alert">{failure}</p>}
            <button type="submit" disabled={!ready} data-testid={sendId}>
              {t("phone.send")}
            </button>
          </footer>
        </form>
      </div>
    </div>
  );
}
