// What a message contains, by its type.
import {
  IconArrowBackUp,
  IconBan,
  IconCheck,
  IconChevronDown,
  IconDeviceMobileMessage,
  IconInfoCircle,
  IconList,
} from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Content, ContentOf } from "../api/types";
import { RichText } from "../phone/RichText";
import { isJumbo } from "../phone/rich-text";
import { CallPermission, FormAnswers, LinkButton, LocationRequest, OrderCard } from "./content/Cards";
import { ContactCards } from "./content/ContactCards";
import { LocationCard } from "./content/LocationCard";
import { MediaContent } from "./content/MediaContent";
import styles from "./MessageContent.module.css";

type Props = {
  content: Content;
  /** The button or row that the person chose. */
  chosen?: string | undefined;
  /** The message it belongs to; none while it is being sent. */
  message?: string | undefined;
  /** Whether the person sent it. */
  received?: boolean;
};

export function MessageContent({ content, chosen, message, received = false }: Props) {
  const { t } = useTranslation();
  switch (content.type) {
    case "text":
      return (
        <span className={styles.text} data-jumbo={isJumbo(content.body)}>
          <RichText text={content.body} />
        </span>
      );
    case "media":
      return <MediaContent content={content} message={message} />;
    case "location":
      return <LocationCard content={content} />;
    case "contacts":
      return <ContactCards content={content} />;
    case "link":
      return <LinkButton content={content} />;
    case "location_request":
      return <LocationRequest content={content} />;
    case "buttons":
      return (
        <>
          <RichText text={content.body} />
          {content.footer && <p className={styles.footer}>{content.footer}</p>}
          <ul className={styles.buttons}>
            {content.buttons.map((button) => (
              <li key={button.id} data-chosen={button.id === chosen}>
                {button.id === chosen ? <ChosenIcon /> : <IconArrowBackUp size={14} aria-hidden />}
                {button.title}
              </li>
            ))}
          </ul>
        </>
      );
    case "list":
      return <ListContent content={content} chosen={chosen} />;
    case "choice":
      return (
        <span className={styles.choice}>
          <IconArrowBackUp size={15} role="img" aria-label={t("conversation.choice")} />
          <span>{content.title}</span>
        </span>
      );
    case "form":
      return <FormAnswers content={content} />;
    case "order":
      return <OrderCard content={content} />;
    case "call_permission":
      return <CallPermission content={content} />;
    case "reaction":
      return (
        <span className={styles.choice}>
          {content.emoji === ""
            ? t("conversation.reaction.removing")
            : t("conversation.reaction.sending", { emoji: content.emoji })}
        </span>
      );
    case "revoked":
      return (
        <span className={styles.revoked} data-testid="revoked">
          <IconBan size={16} aria-hidden />
          {t("conversation.revoked")}
        </span>
      );
    case "notice":
      return (
        <span className={styles.choice}>
          <IconInfoCircle size={15} aria-hidden />
          {content.body}
        </span>
      );
    case "unsupported":
      return <Unsupported kind={content.kind} received={received} />;
    default:
      // A type of a newer server.
      return <Unsupported kind="unknown" received={received} />;
  }
}

function ChosenIcon() {
  const { t } = useTranslation();
  return (
    <IconCheck size={15} role="img" aria-label={t("conversation.chosen")} className={styles.chosen ?? ""} />
  );
}

type ListProps = { content: ContentOf<"list">; chosen: string | undefined };

function ListContent({ content, chosen }: ListProps) {
  const { t } = useTranslation();
  const count = content.sections.reduce((total, section) => total + section.rows.length, 0);
  return (
    <>
      <RichText text={content.body} />
      {content.footer && <p className={styles.footer}>{content.footer}</p>}
      <details className={styles.list} data-testid="list-rows">
        <summary>
          <IconList size={15} aria-hidden />
          {content.button}
          <span className={styles.count}>{t("conversation.options", { count })}</span>
          <IconChevronDown size={15} aria-hidden className={styles.chevron ?? ""} />
        </summary>
        {content.sections.map((section) => (
          <div key={section.rows[0]?.id ?? section.title}>
            {section.title && <p className={styles.section}>{section.title}</p>}
            <ul>
              {section.rows.map((row) => (
                <li key={row.id} data-chosen={row.id === chosen}>
                  {row.id === chosen && <ChosenIcon />}
                  {row.title}
                  {row.description && <small>{row.description}</small>}
                </li>
              ))}
            </ul>
          </div>
        ))}
      </details>
    </>
  );
}

function Unsupported({ kind, received }: { kind: string; received: boolean }) {
  const { t } = useTranslation();
  const kinds: Record<string, string | undefined> = t("conversation.unsupported.kinds", {
    returnObjects: true,
  });
  const known = { kind: kinds[kind] ?? t("conversation.unsupported.kinds.unknown") };
  return (
    <span className={styles.unsupported} data-testid="unsupported">
      <IconDeviceMobileMessage size={24} aria-hidden />
      <span>
        <strong>{t("conversation.unsupported.title")}</strong>
        <small>
          {received
            ? t("conversation.unsupported.received", known)
            : t("conversation.unsupported.sent", known)}
        </small>
      </span>
    </span>
  );
}
