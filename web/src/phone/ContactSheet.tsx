// The sheet that sends contact cards.
import { useState } from "react";
import { useTranslation } from "react-i18next";
import styles from "./ContactSheet.module.css";
import type { Contact } from "./emulator";
import { CloseIcon, PlusIcon } from "./icons";
import { Sheet } from "./Sheet";
import { useSending } from "./use-sending";

type Props = { close: () => void; send: (contacts: Contact[]) => Promise<void> };

/** Somebody to begin with, so that one tap sends a card. */
const SOMEBODY = { name: "Ana Torres", phone: "+51 987 654 321" };
const MOST_CARDS = 5;

export function ContactSheet({ close, send }: Props) {
  const { t } = useTranslation();
  const [cards, setCards] = useState([SOMEBODY]);
  const sending = useSending(close);
  const change = (at: number, field: keyof typeof SOMEBODY, value: string) =>
    setCards(cards.map((card, index) => (index === at ? { ...card, [field]: value } : card)));
  const whole = cards.every(({ name, phone }) => name.trim() && /\d/.test(phone));
  const contacts = cards.map(({ name, phone }) => ({
    name: { formatted_name: name.trim() },
    phones: [{ phone: phone.trim() }],
  }));
  return (
    <Sheet
      title={t("phone.contact.send")}
      closing={t("phone.attach.close")}
      close={close}
      ready={whole}
      failure={sending.failure}
      send={() => sending.go(() => send(contacts))}
      sendId="contact-send"
    >
      {cards.map((card, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the fields keep nothing themselves.
        <div key={index} className={styles.card}>
          <label>
            {t("phone.contact.name")}
            <input
              value={card.name}
              maxLength={120}
              onChange={(event) => change(index, "name", event.target.value)}
              data-testid="contact-name"
            />
          </label>
          <label>
            {t("phone.contact.phone")}
            <input
              type="tel"
              value={card.phone}
              maxLength={30}
              onChange={(event) => change(index, "phone", event.target.value)}
              data-testid="contact-phone"
            />
          </label>
          {cards.length > 1 && (
            <button
              type="button"
              aria-label={t("phone.contact.remove", { name: card.name })}
              onClick={() => setCards(cards.filter((_, other) => other !== index))}
            >
              <CloseIcon />
            </button>
          )}
        </div>
      ))}
      {cards.length < MOST_CARDS && (
        <button
          type="button"
          className={styles.more}
          onClick={() => setCards([...cards, { name: "", phone: "" }])}
        >
          <PlusIcon />
          {t("phone.contact.more")}
        </button>
      )}
    </Sheet>
  );
}
