// One message: its bubble with what it answers, and under it reactions and what can be tapped.
import { useTranslation } from "react-i18next";
import { Body } from "./Body";
import styles from "./Bubble.module.css";
import { type Acts, BubbleMenu } from "./BubbleMenu";
import { type Content, forwarded, readMessage } from "./content";
import type { PhoneMessage } from "./emulator";
import { time } from "./format";
import {
  BanIcon,
  CheckIcon,
  ForwardIcon,
  ForwardManyIcon,
  ListIcon,
  OutsideIcon,
  PinIcon,
  ReplyIcon,
} from "./icons";
import { Quote } from "./Quote";
import { Ticks } from "./Ticks";

/** What can be tapped under a message of the business. */
export type Taps = {
  tap: (message: PhoneMessage, id: string) => void;
  openList: (message: PhoneMessage) => void;
  sendPlace: (message: PhoneMessage) => void;
};

type Props = {
  message: PhoneMessage;
  /** The name of the business. */
  business: string;
  /** The message that this one answers. */
  quoted: PhoneMessage | undefined;
  /** The first of its side in a row: it carries the tail. */
  first: boolean;
  acts: Acts & Taps;
};

export function Bubble({ message, business, quoted, first, acts }: Props) {
  const { t } = useTranslation();
  const { from, status, at, failure, revoked } = message;
  const content = readMessage(message.message);
  const passedOn = forwarded(message.message);
  const words = revoked ? "revoked" : content.kind;
  return (
    <article
      id={elementId(message.id)}
      className={styles.message}
      data-testid="bubble"
      data-from={from}
      data-status={status}
      data-first={first}
      aria-label={from === "business" ? business : t("phone.you")}
    >
      <div className={styles.bubble} data-kind={words} data-captioned={captioned(content)}>
        {revoked ? (
          <span className={styles.revoked}>
            <BanIcon />
            {t("phone.revoked")}
          </span>
        ) : (
          <>
            {passedOn && (
              <span className={styles.forwarded}>
                {passedOn === "many" ? <ForwardManyIcon /> : <ForwardIcon />}
                {t(`phone.forwarded.${passedOn}`)}
              </span>
            )}
            {quoted && (
              <blockquote className={styles.quote}>
                <button type="button" title={t("phone.goToQuoted")} onClick={() => goTo(quoted.id)}>
                  <Quote message={quoted} business={business} />
                </button>
              </blockquote>
            )}
            <Body message={message} content={content} />
          </>
        )}
        <span className={styles.meta}>
          {message.edited && !revoked && <span>{t("phone.edited")}</span>}
          <time dateTime={new Date(at).toISOString()}>{time(at)}</time>
          {(from === "customer" || status === "failed") && <Ticks status={status} />}
        </span>
        {!revoked && <BubbleMenu message={message} content={content} acts={acts} />}
      </div>
      {!revoked && <Reactions message={message} business={business} react={acts.react} />}
      {status === "failed" && (
        <p className={styles.failed} title={failure?.details}>
          {t(`phone.failed.${from}`)}
          {failure && ` (${failure.code})`}
        </p>
      )}
      <Actions message={message} content={content} acts={acts} />
    </article>
  );
}

const elementId = (wamid: string) => `message-${wamid}`;

/** Brings an earlier message into sight and makes it shine for a moment. */
function goTo(wamid: string) {
  const bubble = document.getElementById(elementId(wamid));
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  bubble?.scrollIntoView({ block: "center", behavior: still ? "instant" : "smooth" });
  bubble?.animate([{ boxShadow: "0 0 0 0.4rem var(--shine)" }, { boxShadow: "0 0 0 0.4rem transparent" }], {
    duration: 1600,
    easing: "ease-in",
  });
}

/** Whether words follow the file, and with them the time: without, it stands on the picture. */
const captioned = (content: Content) => "caption" in content && content.caption !== "";

type ReactionsProps = { message: PhoneMessage; business: string; react: Acts["react"] };

function Reactions({ message, business, react }: ReactionsProps) {
  const { t } = useTranslation();
  if (!message.reactions.length) return null;
  return (
    <div className={styles.reactions}>
      {message.reactions.map(({ from, emoji }) =>
        from === "customer" ? (
          <button
            key={from}
            type="button"
            aria-label={t("phone.menu.unreactWith", { emoji })}
            title={t("phone.menu.unreactWith", { emoji })}
            onClick={() => react(message, "")}
          >
            {emoji}
          </button>
        ) : (
          <span key={from} role="img" aria-label={t("phone.reacted", { who: business, emoji })}>
            {emoji}
          </span>
        ),
      )}
    </div>
  );
}

function Actions({ message, content, acts }: { message: PhoneMessage; content: Content; acts: Taps }) {
  const { t } = useTranslation();
  const { from, replied } = message;
  if (from !== "business") return null;
  switch (content.kind) {
    case "buttons":
      return (
        <div className={styles.actions} data-replied={replied !== null}>
          {content.buttons.map(({ id, title }) => (
            <button
              key={id}
              type="button"
              data-testid="reply-button"
              aria-pressed={replied === id}
              onClick={() => acts.tap(message, id)}
            >
              {replied === id ? <CheckIcon /> : <ReplyIcon />}
              {title}
            </button>
          ))}
        </div>
      );
    case "list":
      return (
        <div className={styles.actions}>
          <button
            type="button"
            data-testid="open-list"
            aria-haspopup="dialog"
            onClick={() => acts.openList(message)}
          >
            {replied === null ? <ListIcon /> : <CheckIcon />}
            {content.button}
          </button>
        </div>
      );
    case "link":
      return (
        <div className={styles.actions}>
          <a
            href={/^https?:\/\//i.test(content.url) ? content.url : undefined}
            title={content.url}
            target="_blank"
            rel="noreferrer noopener"
            data-testid="link-button"
          >
            <OutsideIcon />
            {content.title}
          </a>
        </div>
      );
    case "locationRequest":
      return (
        <div className={styles.actions}>
          <button
            type="button"
            data-testid="send-location"
            aria-haspopup="dialog"
            onClick={() => acts.sendPlace(message)}
          >
            <PinIcon />
            {t("phone.place.send")}
          </button>
        </div>
      );
    default:
      return null;
  }
}
