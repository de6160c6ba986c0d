// What a message contains, by its type.
import { IconArrowBackUp, IconFileUnknown, IconList, IconPhoto, IconPhotoOff } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Content } from "../api/types";
import { RichText } from "../phone/RichText";
import styles from "./MessageContent.module.css";

export function MessageContent({ content }: { content: Content }) {
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
              <li key={button.id}>
                <IconArrowBackUp size={14} aria-hidden />
                {button.title}
              </li>
            ))}
          </ul>
        </>
      );
    case "list":
      return <ListContent content={content} />;
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

function ListContent({ content }: { content: Extract<Content, { type: "list" }> }) {
  return (
    <>
      <RichText text={content.body} />
      {content.footer && <p className={styles.footer}>{content.footer}</p>}
      <details className={styles.list}>
        <summary>
          <IconList size={15} aria-hidden />
          {content.button}
        </summary>
        {content.sections.map((section) => (
          <div key={section.rows[0]?.id ?? section.title}>
            {section.title && <p className={styles.section}>{section.title}</p>}
            <ul>
              {section.rows.map((row) => (
                <li key={row.id}>
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
