// Contact cards, as people pass them on.
import { Avatar } from "./Avatar";
import styles from "./ContactCards.module.css";
import type { Card } from "./content";

export function ContactCards({ cards }: { cards: Card[] }) {
  return (
    <ul className={styles.cards}>
      {cards.map((card, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: sent cards never change places.
        <li key={index}>
          <Avatar name={card.name} of={card.name} />
          <div>
            <strong>{card.name || card.phones[0]}</strong>
            {card.work && <small>{card.work}</small>}
            {card.phones.map((phone) => (
              <a key={phone} href={`tel:${phone.replace(/[^+\d]/g, "")}`}>
                {phone}
              </a>
            ))}
            {card.emails.map((email) => (
              <a key={email} href={`mailto:${email}`}>
                {email}
              </a>
            ))}
          </div>
        </li>
      ))}
    </ul>
  );
}
