// What stands above a message: who wrote it, that it was forwarded, from which ad it came, what it asks about, and
// which message it answers.
import { VisuallyHidden } from "@mantine/core";
import {
  IconArrowForwardUp,
  IconArrowForwardUpDouble,
  IconDeviceMobile,
  IconExternalLink,
  IconRobot,
  IconShoppingBag,
  IconSpeakerphone,
  IconUser,
} from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Author, Message } from "../api/types";
import { webAddress } from "../lib/web-address";
import { plainText } from "../phone/rich-text";
import { useTranscript } from "./content/actions";
import styles from "./MessageHead.module.css";
import { useAuthorName } from "./useAuthorName";

type HeadProps = { message: Message; me: string; continued: boolean };

export function MessageHead({ message, me, continued }: HeadProps) {
  const { t } = useTranslation();
  const { forwarded, referral, product, quote } = message;
  return (
    <>
      <AuthorLine author={message.author} me={me} continued={continued} />
      {forwarded && (
        <p className={styles.forwarded} data-testid="forwarded">
          {forwarded === "often" ? (
            <IconArrowForwardUpDouble size={15} aria-hidden />
          ) : (
            <IconArrowForwardUp size={15} aria-hidden />
          )}
          {t(`conversation.forwarded.${forwarded}`)}
        </p>
      )}
      {referral && <ReferralCard referral={referral} />}
      {product !== null && (
        <p className={styles.product} data-testid="product">
          <IconShoppingBag size={16} aria-hidden />
          {t("conversation.product", { product })}
        </p>
      )}
      {quote && <QuoteCard message={message} quote={quote} me={me} />}
    </>
  );
}

type LineProps = { author: Author; me: string; continued: boolean };

function AuthorLine({ author, me, continued }: LineProps) {
  const { t } = useTranslation();
  switch (author.kind) {
    case "contact":
      return null;
    case "bot":
      return (
        <AuthorName icon={<IconRobot size={14} aria-hidden />} continued={continued}>
          {author.node_name
            ? t("conversation.author.botStep", { step: author.node_name })
            : t("conversation.author.bot")}
        </AuthorName>
      );
    case "agent":
      return (
        <AuthorName icon={<IconUser size={14} aria-hidden />} continued={continued}>
          {author.user === me ? t("common.you") : author.name}
        </AuthorName>
      );
    case "phone":
      return (
        <AuthorName icon={<IconDeviceMobile size={14} aria-hidden />} continued={continued}>
          {t("conversation.author.phone")}
        </AuthorName>
      );
  }
}

type NameProps = { icon: ReactNode; continued: boolean; children: ReactNode };

/** Who wrote it; after a message of the same author it is only read aloud. */
export function AuthorName({ icon, continued, children }: NameProps) {
  if (continued) return <VisuallyHidden component="header">{children}</VisuallyHidden>;
  return (
    <header className={styles.author}>
      {icon}
      {children}
    </header>
  );
}

function ReferralCard({ referral }: { referral: NonNullable<Message["referral"]> }) {
  const { t } = useTranslation();
  const { headline, body, source_type, source_url } = referral;
  const url = webAddress(source_url);
  const from = source_type === "post" ? "post" : "ad";
  return (
    <div className={styles.referral} data-testid="referral">
      <IconSpeakerphone size={18} aria-hidden />
      <div>
        <strong>
          {headline
            ? t(`conversation.referral.${from}`, { headline })
            : t(`conversation.referral.${from}Unnamed`)}
        </strong>
        {body && <p>{body}</p>}
        {url && (
          <a href={url.href} target="_blank" rel="noreferrer noopener">
            {t("conversation.referral.open", { host: url.host })}
            <IconExternalLink size={13} aria-hidden />
          </a>
        )}
      </div>
    </div>
  );
}

type QuoteProps = { message: Message; quote: NonNullable<Message["quote"]>; me: string };

function QuoteCard({ message, quote, me }: QuoteProps) {
  const { t } = useTranslation();
  const { jumpTo, contactName } = useTranscript();
  const { author, preview, seq } = quote;
  const name = useAuthorName(contactName, me)(author);
  // It is a message of the same contact, whose numbers these are.
  const quoted = `${message.id.slice(0, message.id.lastIndexOf("."))}.${seq}`;
  return (
    <button
      type="button"
      className={styles.quote}
      data-author={author.kind}
      title={t("conversation.quote")}
      onClick={() => jumpTo(quoted)}
      data-testid="quote"
    >
      <strong>{name}</strong>
      <span>{plainText(preview)}</span>
    </button>
  );
}
