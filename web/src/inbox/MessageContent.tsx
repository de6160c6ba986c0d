// What a message contains, by its type.
import {
  IconArrowBackUp,
  IconCheck,
  IconChevronDown,
  IconFileUnknown,
  IconList,
  IconPhoto,
  IconPhotoOff,
} from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Content } from "../api/types";
import { RichText } from "../phone/RichText";
import styles from "./MessageContent.module.css";

/** `chosen`: the button or row that the person chose. */
type Props = { content: Content; chosen: string | undefined };

export function MessageContent({ content, chosen }: Props) {
  const { t } = useTranslation();
  switch (content.type) {
    case "text":
      return <RichText text={content.body} />;
    case "image":
      return <ImageContent content={content} />;
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
    case "unsupported":
      return <Unsupported kind={content.kind} />;
    default:
      // A type of a newer server.
      return <Unsupported kind="unknown" />;
  }
}

function ImageContent({ content }: { content: Extract<Content, { type: "image" }> }) {
  const { t } = useTranslation();
  const [broken, setBroken] = useState(false);
  const alt = content.caption ?? t("conversation.image.alt");
  return (
    <>
      {content.link && !broken ? (
        <a
          href={content.link}
          target="_blank"
          rel="noreferrer noopener"
          aria-label={t("conversation.image.open")}
        >
          <img
            src={content.link}
            alt={alt}
            className={styles.image}
            loading="lazy"
            referrerPolicy="no-referrer"
            onError={() => setBroken(true)}
          />
        </a>
      ) : (
        <span className={styles.placeholder}>
          {content.link ? <IconPhotoOff size={22} aria-hidden /> : <IconPhoto size={22} aria-hidden />}
          {content.link ? t("conversation.image.missing") : t("conversation.image.received")}
        </span>
      )}
      {content.caption && <RichText text={content.caption} />}
    </>
  );
}

function ChosenIcon() {
  const { t } = useTranslation();
  return (
    <IconCheck size={15} role="img" aria-label={t("conversation.chosen")} className={styles.chosen ?? ""} />
  );
}

type ListProps = { content: Extract<Content, { type: "list" }>; chosen: string | undefined };

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

function Unsupported({ kind }: { kind: string }) {
  const { t } = useTranslation();
  const kinds: Record<string, string | undefined> = t("conversation.unsupported.kinds", {
    returnObjects: true,
  });
  return (
    <span className={styles.unsupported} data-testid="unsupported">
      <IconFileUnknown size={24} aria-hidden />
      <span>
        <strong>{t("conversation.unsupported.title")}</strong>
        <small>{t("conversation.unsupported.text", { kind: kinds[kind] ?? kind })}</small>
      </span>
    </span>
  );
}
