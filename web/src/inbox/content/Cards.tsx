// What people send ready-made: link buttons, requests of a place, forms, carts, permissions.
import {
  IconCurrentLocation,
  IconExternalLink,
  IconForms,
  IconPhoneCheck,
  IconPhoneOff,
  IconShoppingCart,
} from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { ContentOf } from "../../api/types";
import { money, totals } from "../../lib/money";
import { useValueText } from "../../lib/useValueText";
import { webAddress } from "../../lib/web-address";
import { RichText } from "../../phone/RichText";
import styles from "./Cards.module.css";

export function LinkButton({ content }: { content: ContentOf<"link"> }) {
  const { t } = useTranslation();
  const url = webAddress(content.url);
  const face = (
    <>
      <IconExternalLink size={15} aria-hidden />
      {content.title}
    </>
  );
  return (
    <>
      <RichText text={content.body} />
      {content.footer && <p className={styles.footer}>{content.footer}</p>}
      {url ? (
        <a
          className={styles.action}
          href={url.href}
          target="_blank"
          rel="noreferrer noopener"
          title={url.href}
          data-testid="link-button"
        >
          {face}
        </a>
      ) : (
        <span className={styles.action}>{face}</span>
      )}
      <span className={styles.host}>{url?.host ?? t("conversation.link.invalid")}</span>
    </>
  );
}

export function LocationRequest({ content }: { content: ContentOf<"location_request"> }) {
  const { t } = useTranslation();
  return (
    <>
      <RichText text={content.body} />
      <span className={styles.action} data-testid="location-request">
        <IconCurrentLocation size={16} aria-hidden />
        {t("conversation.location.request")}
      </span>
    </>
  );
}

/** What a switch of a form answers, as text. */
const SWITCHES: Record<string, boolean | undefined> = { true: true, false: false };

export function FormAnswers({ content }: { content: ContentOf<"form"> }) {
  const { t } = useTranslation();
  const valueText = useValueText();
  return (
    <div className={styles.card} data-testid="form-answers">
      <p className={styles.head}>
        <IconForms size={17} aria-hidden />
        {t("conversation.form.title")}
      </p>
      {content.answers.length === 0 ? (
        <p className={styles.none}>{t("conversation.form.empty")}</p>
      ) : (
        <dl className={styles.answers}>
          {content.answers.map(({ key, value }) => (
            <div key={key}>
              <dt>{key.replaceAll("_", " ")}</dt>
              <dd>{valueText(SWITCHES[value] ?? value)}</dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}

export function OrderCard({ content }: { content: ContentOf<"order"> }) {
  const { t } = useTranslation();
  const { items, text } = content;
  const count = items.reduce((sum, item) => sum + item.quantity, 0);
  return (
    <div className={styles.card} data-testid="order">
      <p className={styles.head}>
        <IconShoppingCart size={17} aria-hidden />
        {t("conversation.order.title", { count })}
      </p>
      <ul className={styles.items}>
        {items.map(({ product, quantity, price, currency }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the lines of a cart never change places.
          <li key={index}>
            <span className={styles.product}>
              {product}
              <small>{t("conversation.order.line", { quantity, price: money(price, currency) })}</small>
            </span>
            <span className={styles.price}>{money(price * quantity, currency)}</span>
          </li>
        ))}
      </ul>
      {totals(items).map(({ currency, amount }) => (
        <p key={currency} className={styles.total}>
          <span>{t("conversation.order.total")}</span>
          <span className={styles.price}>{money(amount, currency)}</span>
        </p>
      ))}
      {text !== "" && (
        <p className={styles.note}>
          <RichText text={text} />
        </p>
      )}
    </div>
  );
}

export function CallPermission({ content }: { content: ContentOf<"call_permission"> }) {
  const { t } = useTranslation();
  const Mark = content.allowed ? IconPhoneCheck : IconPhoneOff;
  return (
    <span className={styles.permission} data-allowed={content.allowed} data-testid="call-permission">
      <Mark size={18} aria-hidden />
      {t(content.allowed ? "conversation.call.allowed" : "conversation.call.refused")}
    </span>
  );
}
