// The tabs with their counts and the rows of the chosen one.
import { Button, Skeleton, Title } from "@mantine/core";
import {
  IconAlertTriangle,
  IconArrowBackUp,
  IconArrowDownLeft,
  IconRobot,
  IconUserCheck,
} from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type KeyboardEvent, memo, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { conversationsQuery } from "../api/queries";
import { type ConversationSummary, TABS, type Tab } from "../api/types";
import { Failed, Notice } from "../app/Screens";
import { useNow } from "../lib/clock";
import { duration, full, shortWhen, since, windowLeft } from "../lib/time";
import { plainText } from "../phone/rich-text";
import { ContactAvatar } from "./ContactAvatar";
import styles from "./ConversationList.module.css";

type Props = { tab: Tab; selected: string | undefined; onTab: (tab: Tab) => void };

export function ConversationList({ tab, selected, onTab }: Props) {
  const { t } = useTranslation();
  const list = useInfiniteQuery(conversationsQuery(tab));
  const now = useNow();
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  // Both lists are kept fresh by the frame: the tabs have their numbers before the chosen list is here.
  const queue = useInfiniteQuery(conversationsQuery("queued")).data;
  const mine = useInfiniteQuery(conversationsQuery("mine")).data;
  const counts = (list.data ?? queue)?.pages.at(-1)?.counts;
  const answered = mine?.pages.some((page) => page.items.some((item) => item.unread > 0)) ?? false;

  useEffect(() => {
    document.getElementById(`tab-${tab}`)?.scrollIntoView({ inline: "nearest", block: "nearest" });
  }, [tab]);

  function arrows(event: KeyboardEvent<HTMLButtonElement>) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    const next = TABS[(TABS.indexOf(tab) + step + TABS.length) % TABS.length];
    if (!next) return;
    onTab(next);
    document.getElementById(`tab-${next}`)?.focus();
  }

  return (
    <>
      <header className={styles.head}>
        <Title order={1} size="h3">
          {t("inbox.title")}
        </Title>
      </header>
      <div className={styles.tabs} role="tablist" aria-label={t("inbox.tabsLabel")}>
        {TABS.map((each) => (
          <button
            key={each}
            id={`tab-${each}`}
            type="button"
            role="tab"
            aria-selected={each === tab}
            aria-controls="conversation-rows"
            tabIndex={each === tab ? 0 : -1}
            className={styles.tab}
            onClick={() => onTab(each)}
            onKeyDown={arrows}
            data-testid={`tab-${each}`}
          >
            {t(`inbox.tabs.${each}`)}
            <span className={styles.tabCount} data-testid={`count-${each}`}>
              {counts?.[each] ?? ""}
            </span>
            {each === "mine" && answered && (
              <span
                className={styles.dot}
                role="img"
                aria-label={t("inbox.mineUnread")}
                title={t("inbox.mineUnread")}
                data-testid="mine-unread"
              />
            )}
          </button>
        ))}
      </div>
      <div id="conversation-rows" role="tabpanel" aria-labelledby={`tab-${tab}`} className={styles.rows}>
        {list.isPending && <RowSkeletons />}
        {list.isError && !list.data && <Failed error={list.error} retry={() => void list.refetch()} />}
        {list.data && items.length === 0 && (
          <Notice title={t(`inbox.empty.${tab}.title`)} text={t(`inbox.empty.${tab}.text`)} />
        )}
        {items.map((item) => (
          <Row key={item.contact} item={item} tab={tab} selected={item.contact === selected} now={now} />
        ))}
        {list.hasNextPage && (
          <Button
            variant="subtle"
            fullWidth
            loading={list.isFetchingNextPage}
            onClick={() => void list.fetchNextPage()}
          >
            {t("inbox.more")}
          </Button>
        )}
      </div>
    </>
  );
}

function RowSkeletons() {
  const { t } = useTranslation();
  return (
    <div role="status" aria-label={t("common.loading")}>
      {["a", "b", "c", "d"].map((row) => (
        <div key={row} className={styles.skeleton}>
          <Skeleton height={40} circle />
          <div>
            <Skeleton height={12} width="55%" mb={9} />
            <Skeleton height={10} width="85%" />
          </div>
        </div>
      ))}
    </div>
  );
}

type RowProps = { item: ConversationSummary; tab: Tab; selected: boolean; now: number };

const Row = memo(function Row({ item, tab, selected, now }: RowProps) {
  const { t } = useTranslation();
  const left = windowLeft(item.window_ends_at, now);
  const queued = item.case?.state === "queued" ? item.case : null;
  return (
    <Link
      to="/bandeja/$contact"
      params={{ contact: item.contact }}
      search={{ tab }}
      className={styles.row}
      data-selected={selected}
      data-row
      data-testid={`row-${item.contact}`}
    >
      <ContactAvatar name={item.name} address={item.address} />
      <div className={styles.main}>
        <div className={styles.line}>
          <span className={styles.name}>{item.name ?? item.address}</span>
          {item.last && (
            <time className={styles.when} dateTime={item.last.at} title={full(item.last.at)}>
              {shortWhen(item.last.at, now)}
            </time>
          )}
        </div>
        <div className={styles.line}>
          <span className={styles.last}>
            {item.last ? (
              <>
                {item.last.direction === "out" ? (
                  <IconArrowBackUp size={14} role="img" aria-label={t("inbox.sent")} />
                ) : (
                  <IconArrowDownLeft size={14} role="img" aria-label={t("inbox.received")} />
                )}
                <span className={styles.lastText}>{plainText(item.last.text)}</span>
              </>
            ) : (
              <span className={styles.lastText}>{t("inbox.noMessages")}</span>
            )}
          </span>
          {item.unread > 0 && (
            <span
              className={styles.unread}
              role="img"
              aria-label={t("inbox.unread", { count: item.unread })}
              data-testid="unread"
            >
              {item.unread}
            </span>
          )}
        </div>
        <div className={styles.chips}>
          {item.name && <span className={styles.address}>{item.address}</span>}
          <StageChip item={item} stopped={item.stopped} />
          {queued && (
            <span
              className={styles.waiting}
              title={t("inbox.waitingLabel", { time: since(queued.queued_at, now) })}
              data-testid="waiting"
            >
              {t("inbox.waiting", { time: since(queued.queued_at, now) })}
            </span>
          )}
          {left.state === "closing" && item.stage !== "ended" && (
            <span className={styles.window}>{t("inbox.windowChip", { time: duration(left.ms) })}</span>
          )}
          {left.state === "closed" && (item.stage === "open" || item.stage === "queued") && (
            <span className={styles.closed}>{t("inbox.windowChipClosed")}</span>
          )}
        </div>
      </div>
    </Link>
  );
});

type StageChipProps = { item: Pick<ConversationSummary, "stage" | "case">; stopped?: boolean };

export function StageChip({ item, stopped = false }: StageChipProps) {
  const { t } = useTranslation();
  const holder = item.stage === "open" ? item.case?.assignee?.name : undefined;
  if (stopped && (item.stage === "ended" || item.stage === "idle")) {
    return (
      <span className={styles.closed} data-testid="stopped">
        <IconAlertTriangle size={13} aria-hidden />
        {t("inbox.stopped")}
      </span>
    );
  }
  return (
    <span className={styles.stage} data-stage={item.stage}>
      {item.stage === "bot" && <IconRobot size={13} aria-hidden />}
      {item.stage === "open" && <IconUserCheck size={13} aria-hidden />}
      {holder ? t("inbox.stageOpenBy", { name: holder }) : t(`inbox.stage.${item.stage}`)}
    </span>
  );
}
