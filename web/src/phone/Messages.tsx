// The messages of a chat, with the days between them.
import { Fragment } from "react";
import { useTranslation } from "react-i18next";
import { Bubble, type Taps } from "./Bubble";
import type { Acts } from "./BubbleMenu";
import { quotedId } from "./content";
import type { PhoneMessage } from "./emulator";
import { day, daysAgo } from "./format";
import styles from "./Messages.module.css";

type Props = {
  messages: PhoneMessage[] | undefined;
  /** The name of the business. */
  business: string;
  acts: Acts & Taps;
};

export function Messages({ messages, business, acts }: Props) {
  const { t } = useTranslation();
  const now = Date.now();
  const all = messages ?? [];
  return (
    <div className={styles.messages} role="log" aria-label={t("phone.messages")} aria-busy={!messages}>
      <p className={styles.notice}>{t("phone.simulated")}</p>
      {all.map((message, index) => {
        const before = all[index - 1];
        const newDay = !before || daysAgo(before.at, message.at) > 0;
        const quoted = quotedId(message.message);
        return (
          <Fragment key={message.id}>
            {newDay && <p className={styles.day}>{day(message.at, now)}</p>}
            <Bubble
              message={message}
              business={business}
              quoted={quoted ? all.find(({ id }) => id === quoted) : undefined}
              first={newDay || before?.from !== message.from}
              acts={acts}
            />
          </Fragment>
        );
      })}
      {messages?.length === 0 && <p className={styles.hint}>{t("phone.hint")}</p>}
    </div>
  );
}
