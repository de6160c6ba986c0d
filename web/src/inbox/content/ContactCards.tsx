// Contact cards, as people pass them on; a phone or an email is copied with one click.
import { useClipboard } from "@mantine/hooks";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { ContentOf } from "../../api/types";
import { ContactAvatar } from "../ContactAvatar";
import styles from "./ContactCards.module.css";

export function ContactCards({ content }: { content: ContentOf<"contacts"> }) {
  const { t } = useTranslation();
  return (
    <ul
      className={styles.cards}
      aria-label={t("conversation.contacts.label", { count: content.cards.length })}
    >
      {content.cards.map(({ name, organisation, phones, emails }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the cards of a message never change places.
        <li key={index} className={styles.card} data-testid="contact-card">
          <ContactAvatar name={name || null} address={phones[0] ?? ""} />
          <div className={styles.words}>
            <strong>{name || t("conversation.contacts.unnamed")}</strong>
            {organisation && <span className={styles.organisation}>{organisation}</span>}
            {[...phones, ...emails].map((line, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: as above; a card may repeat a line.
              <Copied key={at} text={line} />
            ))}
          </div>
        </li>
      ))}
    </ul>
  );
}

function Copied({ text }: { text: string }) {
  const { t } = useTranslation();
  const { copy, copied } = useClipboard({ timeout: 2000 });
  const Mark = copied ? IconCheck : IconCopy;
  return (
    <span className={styles.line}>
      <span>{text}</span>
      <button
        type="button"
        className={styles.copy}
        aria-label={t(copied ? "conversation.contacts.copied" : "conversation.contacts.copy", { text })}
        title={t(copied ? "conversation.contacts.copiedShort" : "conversation.contacts.copyShort")}
        onClick={() => copy(text)}
      >
        <Mark size={15} aria-hidden />
      </button>
    </span>
  );
}
