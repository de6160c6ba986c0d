// What a message contains, by its kind.
import { useTranslation } from "react-i18next";
import styles from "./Body.module.css";
import { ContactCards } from "./ContactCards";
import type { Content, Header } from "./content";
import type { PhoneMessage } from "./emulator";
import { Film } from "./Film";
import { money } from "./format";
import { CartIcon, QuestionIcon } from "./icons";
import { Coming, Missing } from "./Missing";
import { Paper } from "./Paper";
import { Picture } from "./Picture";
import { PlaceCard } from "./PlaceCard";
import { RichText } from "./RichText";
import { isJumbo } from "./rich-text";
import { Sound } from "./Sound";
import { sourceOf } from "./source";

type Props = { message: PhoneMessage; content: Content };

export function Body({ message, content }: Props) {
  const { t } = useTranslation();
  switch (content.kind) {
    case "text":
      return (
        <span className={styles.text} data-jumbo={isJumbo(content.text)}>
          <RichText text={content.text} />
        </span>
      );
    case "image":
    case "video":
    case "document":
      return (
        <>
          <File message={message} part={content} caption={content.caption} />
          {content.caption && <RichText text={content.caption} />}
        </>
      );
    case "audio":
    case "voice":
    case "sticker":
      return <File message={message} part={content} caption="" />;
    case "location":
      return <PlaceCard place={content} />;
    case "contacts":
      return <ContactCards cards={content.cards} />;
    case "buttons":
    case "list":
    case "link":
    case "locationRequest":
      return (
        <>
          <Head message={message} header={content.header} />
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
    case "order":
      return (
        <>
          <span className={styles.order}>
            <CartIcon />
            <span>
              <strong>{t("phone.order.items", { count: content.items })}</strong>
              <SmallPrint text={t("phone.order.total", { total: money(content.total, content.currency) })} />
            </span>
          </span>
          {content.text && <RichText text={content.text} />}
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

function Head({ message, header }: { message: PhoneMessage; header: Header }) {
  switch (header.kind) {
    case "none":
      return null;
    case "text":
      return <strong className={styles.header}>{header.text}</strong>;
    default:
      return <File message={message} part={header} caption="" />;
  }
}

type FileProps = {
  message: PhoneMessage;
  part: Extract<Content | Header, { link: string }>;
  caption: string;
};

/** The file of a message, or what stands in its place. */
function File({ message, part, caption }: FileProps) {
  const { t } = useTranslation();
  const source = sourceOf(message, part.link);
  if (source.state === "coming") return <Coming />;
  if (source.state === "missing") {
    return <Missing what={part.kind === "image" ? "image" : "file"} why={part.link} />;
  }
  const { path } = source;
  switch (part.kind) {
    case "image":
      return (
        <span className={styles.media}>
          <Picture path={path} caption={caption} />
        </span>
      );
    case "video":
      return (
        <span className={styles.media}>
          <Film path={path} />
        </span>
      );
    case "audio":
    case "voice":
      return <Sound path={path} voice={part.kind === "voice"} />;
    case "sticker":
      return <img className={styles.sticker} src={path} alt={t("phone.kind.sticker")} />;
    case "document":
      return (
        <span className={styles.media}>
          <Paper
            path={path}
            name={part.name || message.file?.name || ""}
            mime={message.file?.mime ?? ""}
            bytes={message.file?.bytes}
          />
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
