// The sheet of a list message: sections, rows, one choice.
import { type FormEvent, useEffect, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Content } from "./content";
import { CloseIcon } from "./icons";
import styles from "./ListSheet.module.css";

type Props = {
  list: Extract<Content, { kind: "list" }>;
  /** The row chosen before. */
  replied: string | null;
  close: () => void;
  send: (id: string) => void;
};

export function ListSheet({ list, replied, close, send }: Props) {
  const { t } = useTranslation();
  const group = useId();
  const sheet = useRef<HTMLDivElement>(null);
  const [chosen, setChosen] = useState<string | null>(replied);

  // The keyboard goes into the sheet and, when it closes, back to the button that opened it.
  useEffect(() => {
    const opener = document.activeElement;
    const rows = sheet.current?.querySelectorAll<HTMLInputElement>("input");
    ([...(rows ?? [])].find((row) => row.checked) ?? rows?.[0])?.focus();
    return () => {
      // The chat behind is inert until React has drawn it again.
      requestAnimationFrame(() => opener instanceof HTMLElement && opener.focus());
    };
  }, []);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (chosen !== null) send(chosen);
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
        aria-label={list.button}
        onKeyDown={(event) => event.key === "Escape" && close()}
      >
        <form className={styles.form} onSubmit={submit}>
          <header className={styles.header}>
            <button type="button" aria-label={t("phone.list.close")} onClick={close}>
              <CloseIcon />
            </button>
            <h3>{list.button}</h3>
          </header>
          <div className={styles.sections}>
            {list.sections.map((section, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a sent list never changes; titles may be missing.
              <fieldset key={index}>
                {section.title && <legend>{section.title}</legend>}
                {section.rows.map((row) => (
                  <label key={row.id} className={styles.row} data-testid={`list-row-${row.title}`}>
                    <span>
                      {row.title}
                      {row.description && <small>{row.description}</small>}
                    </span>
                    <input
                      type="radio"
                      name={group}
                      checked={chosen === row.id}
                      onChange={() => setChosen(row.id)}
                    />
                  </label>
                ))}
              </fieldset>
            ))}
          </div>
          <footer className={styles.footer}>
            <button type="submit" disabled={chosen === null} data-testid="list-send">
              {t("phone.send")}
            </button>
          </footer>
        </form>
      </div>
    </div>
  );
}
