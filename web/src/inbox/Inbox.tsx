// The inbox: the list on the left, the chosen conversation beside it; on a phone one of them at a time.
import { IconMessages } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { conversationsQuery } from "../api/queries";
import type { Tab } from "../api/types";
import { Notice } from "../app/Screens";
import { readStored, writeStored } from "../lib/stored";
import { useKeys } from "../lib/useKeys";
import { ConversationList } from "./ConversationList";
import { ConversationView } from "./ConversationView";
import styles from "./Inbox.module.css";
import { moveInList } from "./list-focus";
import { nextInQueue } from "./next";
import { useLeaveGuard } from "./useLeaveGuard";

const TAB_KEY = "cauce.tab";

export function Inbox() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const contact = useParams({ strict: false }).contact;
  const search = useSearch({ from: "/shell/bandeja" });
  const tab: Tab = search.tab ?? (readStored(TAB_KEY) as Tab | null) ?? "queued";

  const show = (next: Tab) => {
    writeStored(TAB_KEY, next);
    void navigate({ to: ".", search: { tab: next }, replace: true });
  };
  const queue = useInfiniteQuery(conversationsQuery("queued")).data;
  const next = nextInQueue(queue?.pages.flatMap((page) => page.items) ?? [], contact);
  const openNext = next
    ? () => {
        writeStored(TAB_KEY, "queued");
        void navigate({ to: "/bandeja/$contact", params: { contact: next }, search: { tab: "queued" } });
      }
    : undefined;

  useLeaveGuard();
  useKeys({ j: () => moveInList(1), k: () => moveInList(-1), n: () => openNext?.() });

  return (
    <div className={styles.inbox} data-open={contact !== undefined}>
      <section className={styles.list} aria-label={t("inbox.list")}>
        <ConversationList tab={tab} selected={contact} onTab={show} />
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
        <ConversationView
          key={contact}
          contact={contact}
          tab={tab}
          onTaken={() => show("mine")}
          onEnded={(othersAreMine) => {
            // The one that ended stays open; beside it stands what can be done next.
            if (tab === "mine" && !othersAreMine) show("queued");
          }}
          onNext={openNext}
        />
      )}
    </div>
  );
}
