// The inbox: the list on the left, the chosen conversation beside it; on a phone one of them at a time.
import { IconMessages } from "@tabler/icons-react";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Tab } from "../api/types";
import { Notice } from "../app/Screens";
import { readStored, writeStored } from "../lib/stored";
import { useKeys } from "../lib/useKeys";
import { ConversationList } from "./ConversationList";
import { ConversationView } from "./ConversationView";
import styles from "./Inbox.module.css";
import { moveInList } from "./list-focus";

const TAB_KEY = "cauce.tab";

export function Inbox() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const contact = useParams({ strict: false }).contact;
  const search = useSearch({ from: "/shell/bandeja" });
  const tab: Tab = search.tab ?? (readStored(TAB_KEY) as Tab | null) ?? "queued";

  useKeys({ j: () => moveInList(1), k: () => moveInList(-1) });

  return (
    <div className={styles.inbox} data-open={contact !== undefined}>
      <section className={styles.list} aria-label={t("inbox.list")}>
        <ConversationList
          tab={tab}
          selected={contact}
          onTab={(next) => {
            writeStored(TAB_KEY, next);
            void navigate({ to: ".", search: { tab: next }, replace: true });
          }}
        />
      </section>
      {contact === undefined ? (
        <div className={styles.blank}>
          <Notice
            icon={<IconMessages size={40} stroke={1.4} color="var(--cauce-dimmed)" aria-hidden />}
            title={t("inbox.choose.title")}
            text={t("inbox.choose.text")}
          />
        </div>
      ) : (
        <ConversationView key={contact} contact={contact} tab={tab} />
      )}
    </div>
  );
}
