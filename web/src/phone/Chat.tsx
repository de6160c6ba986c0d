// One customer's phone with the chat with the business on it.
import { useTranslation } from "react-i18next";
import { Avatar } from "./Avatar";
import styles from "./Chat.module.css";
import { Conversation } from "./Conversation";
import type { Business, Customer } from "./emulator";
import { phoneNumber } from "./format";
import { BackIcon, CloseIcon } from "./icons";

type Props = {
  wa_id: string;
  /** Absent when the emulator knows nobody of this number. */
  customer: Customer | undefined;
  business: Business;
  /** Whether the emulator can be heard. */
  live: boolean;
  /** Whether the keyboard goes to the composer as soon as the chat opens. */
  focus: boolean;
  back?: () => void;
  close?: () => void;
};

export function Chat({ wa_id, customer, business, live, focus, back, close }: Props) {
  const { t } = useTranslation();
  return (
    <section className={styles.phone} aria-label={t("phone.of", { name: customer?.name ?? wa_id })}>
      <header className={styles.owner}>
        <span>{customer ? t("phone.of", { name: customer.name }) : phoneNumber(wa_id)}</span>
        {customer && <span className={styles.number}>{phoneNumber(wa_id)}</span>}
        {close && (
          <button type="button" aria-label={t("phone.close")} title={t("phone.close")} onClick={close}>
            <CloseIcon />
          </button>
        )}
      </header>
      <div className={styles.business}>
        {back && (
          <button type="button" aria-label={t("phone.back")} onClick={back} data-testid="phone-back">
            <BackIcon />
          </button>
        )}
        <Avatar name={business.name} of={business.phone_number_id} />
        <div>
          <h2>{business.name}</h2>
          <p role="status">
            {customer?.typing ? (
              <span data-testid="typing">{t("phone.typing")}</span>
            ) : (
              phoneNumber(business.display_phone_number)
            )}
          </p>
        </div>
      </div>
      {!live && (
        <p className={styles.offline} role="alert">
          {t("phone.offline")}
        </p>
      )}
      {customer ? (
        <Conversation customer={customer} business={business.name} focus={focus} />
      ) : (
        <p className={styles.nobody}>{t("phone.nobody", { number: phoneNumber(wa_id) })}</p>
      )}
    </section>
  );
}
