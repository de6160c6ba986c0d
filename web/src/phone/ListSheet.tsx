// The sheet of a list message: sections, rows, one choice.
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Content } from "./content";
import styles from "./ListSheet.module.css";
import { Sheet } from "./Sheet";

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
  const [chosen, setChosen] = useState<string | null>(replied);
  return (
    <Sheet
      title={list.button}
      closing={t("phone.list.close")}
      close={close}
      ready={chosen !== null}
      send={() => chosen !== null && send(chosen)}
      sendId="list-send"
    >
      {list.sections.map((section, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a sent list never changes; titles may be missing.
        <fieldset key={index} className={styles.section}>
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
    </Sheet>
  );
}
