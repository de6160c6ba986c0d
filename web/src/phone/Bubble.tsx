// One message: its bubble, and under it what can be tapped.
import { useTranslation } from "react-i18next";
import styles from "./Bubble.module.css";
import { type Content, preview, readMessage } from "./content";
import type { PhoneMessage } from "./emulator";
import { time } from "./format";
import { CheckIcon, ImageIcon, ListIcon, QuestionIcon, ReplyIcon } from "./icons";
import { Picture } from "./Picture";
import { RichText } from "./RichText";
import { Ticks } from "./Ticks";

type Props = {
  message: PhoneMessage;
  /** The name of the business. */
  business: string;
  /** The message that this one answers. */
  quoted: PhoneMessage | undefined;
  /** The first of its side in a row: it carries the tail. */
  first: boolean;
  tap: (id: string) => void;
  openList: () => void;
};

export function Bubble({ message, business, quoted, first, tap, openList }: Props) {
  const { t } = useTranslation();
  const { from, status, at, replied } = message;
  const content = readMessage(message.message);
  return (
    <article
      className={styles.message}
      data-testid="bubble"
      data-from={from}
      data-status={status}
      data-first={first}
      aria-label={from === "business" ? business : t("phone.you")}
    >
      <div className={styles.bubble}>
        {quoted && <Quote message={quoted} business={business} />}
        <Body content={content} />
        <span className={styles.meta}>
          <time dateTime={new Date(at).toISOString()}>{time(at)}</time>
          {(from === "customer" || status === "failed") && <Ticks status={status} />}
        </span>
      </div>
      {status === "failed" && <p className={styles.failed}>{t(`phone.failed.${from}`)}</p>}
      {content.kind === "buttons" && (
        <div className={styles.actions} data-replied={replied !== null}>
          {content.buttons.map(({ id, title }) => (
            <button
              key={id}
              type="button"
              data-testid="reply-button"
              aria-pressed={replied === id}
              onClick={() => tap(id)}
            >
              {replied === id ? <CheckIcon /> : <ReplyIcon />}
              {title}
            </button>
          ))}
        </div>
      )}
      {content.kind === "list" && (
        <div className={styles.actions}>
          <button type="button" data-testid="open-list" aria-haspopup="dialog" onClick={openList}>
            {replied === null ? <ListIcon /> : <CheckIcon />}
            {content.button}
          </button>
        </div>
      )}
    </article>
  );
}

function Body({ content }: { content: Content }) {
  const { t } = useTranslation();
  switch (content.kind) {
    case "text":
      return <RichText text={content.text} />;
    case "image":
      return (
        <>
          <Picture link={content.link} caption={content.caption} />
          {content.caption && <RichText text={content.caption} />}
        </>
      );
    case "buttons":
    case "list":
      return (
        <>
          {content.header.kind === "text" && <strong className={styles.header}>{content.header.text}</strong>}
          {content.header.kind === "image" && <Picture link={content.header.link} caption="" />}
          <RichText text={content.text} />
          <SmallPrint text={content.footer} />
        </>
      );
    case "choice":
      return (
        <>
          <RichText text={content.title} />
          <SmallPrint text={content.description} />
        </>
      );
    case "unsupported":
      return (
        <span className={styles.unsupported}>
          <QuestionIcon />
          <span>{t("phone.unsupported", { type: content.type })}</span>
        </span>
      );
  }
}

// On a line of its own, which the time of the message may share.
function SmallPrint({ text }: { text: string }) {
  return (
    text && (
      <>
        <br />
        <small className={styles.small}>{text}</small>
      </>
    )
  );
}

function Quote({ message, business }: { message: PhoneMessage; business: string }) {
  const { t } = useTranslation();
  const content = readMessage(message.message);
  return (
    <blockquote className={styles.quote}>
      <strong>{message.from === "business" ? business : t("phone.you")}</strong>
      <span>
        {content.kind === "image" && <ImageIcon />}
        {preview(content) || t("phone.image.untitled")}
      </span>
    </blockquote>
  );
}
