// Who it is, how long one may still answer, and what can be done.
import { ActionIcon, Button, Group, Popover, Text, Tooltip } from "@mantine/core";
import {
  IconArrowLeft,
  IconCheck,
  IconClock,
  IconHandGrab,
  IconLayoutSidebarRight,
  IconRoute,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { pathQuery } from "../api/queries";
import type { ConversationSummary } from "../api/types";
import { useNow } from "../lib/clock";
import { duration, windowLeft } from "../lib/time";
import { ContactAvatar } from "./ContactAvatar";
import styles from "./ConversationHead.module.css";
import { StageChip } from "./ConversationList";

type Props = {
  summary: ConversationSummary;
  mine: boolean;
  canTake: boolean;
  busy: "take" | "end" | null;
  ending: boolean;
  panelOpen: boolean;
  onTake: () => void;
  onEnd: () => void;
  onEnding: (open: boolean) => void;
  onPanel: () => void;
  onBack: () => void;
};

export function ConversationHead(props: Props) {
  const { summary, mine, canTake, busy, ending, panelOpen } = props;
  const { t } = useTranslation();
  // A run that is over leaves the summary; its path can still be looked at.
  const path = useQuery({ ...pathQuery(summary.contact), enabled: summary.run === null }).data;
  const flow = summary.run?.flow ?? path?.run?.flow;
  const stopped = path?.run?.state === "failed" && summary.run === null;
  const step = summary.run?.node ?? (stopped ? path.steps.at(-1)?.node : undefined);

  return (
    <header className={styles.head}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size={40}
        className={styles.back}
        aria-label={t("conversation.back")}
        onClick={props.onBack}
      >
        <IconArrowLeft size={20} />
      </ActionIcon>
      <ContactAvatar name={summary.name} address={summary.address} />
      <div className={styles.who}>
        <h2 className={styles.name} data-testid="contact-name">
          {summary.name ?? summary.address}
        </h2>
        <div className={styles.facts}>
          {summary.name && <span className={styles.address}>{summary.address}</span>}
          <StageChip item={summary} stopped={stopped} />
          <WindowCountdown endsAt={summary.window_ends_at} />
        </div>
      </div>
      <div className={styles.actions}>
        {flow !== undefined && (
          <Link
            to="/recorridos/$flow"
            params={{ flow }}
            search={{ contacto: summary.contact, ...(step ? { paso: step } : {}) }}
            className={styles.path}
            title={t("conversation.viewPath")}
            aria-label={t("conversation.viewPath")}
            data-testid="view-path"
          >
            <IconRoute size={18} aria-hidden />
            <span className={styles.wideOnly}>{t("conversation.viewPath")}</span>
          </Link>
        )}
        {canTake && (
          <Button
            leftSection={<IconHandGrab size={18} aria-hidden />}
            onClick={props.onTake}
            loading={busy === "take"}
            data-testid="take"
          >
            {t("conversation.take")}
          </Button>
        )}
        {mine && (
          <Popover
            opened={ending}
            onChange={props.onEnding}
            position="bottom-end"
            width={280}
            trapFocus
            withArrow
          >
            <Popover.Target>
              <Button
                variant="light"
                leftSection={<IconCheck size={18} aria-hidden />}
                onClick={() => props.onEnding(!ending)}
                data-testid="end"
              >
                {t("conversation.end")}
              </Button>
            </Popover.Target>
            <Popover.Dropdown>
              <Text fw={600} size="sm">
                {t("conversation.endConfirm.title")}
              </Text>
              <Text size="sm" c="dimmed" mb="sm">
                {t("conversation.endConfirm.text")}
              </Text>
              <Group gap="xs" justify="flex-end">
                <Button size="xs" variant="subtle" color="gray" onClick={() => props.onEnding(false)}>
                  {t("conversation.endConfirm.no")}
                </Button>
                <Button
                  size="xs"
                  onClick={props.onEnd}
                  loading={busy === "end"}
                  data-autofocus
                  data-testid="end-confirm"
                >
                  {t("conversation.endConfirm.yes")}
                </Button>
              </Group>
            </Popover.Dropdown>
          </Popover>
        )}
        <Tooltip label={t("conversation.data")}>
          <ActionIcon
            variant={panelOpen ? "light" : "subtle"}
            color={panelOpen ? "teal" : "gray"}
            size={36}
            aria-label={t("conversation.data")}
            aria-expanded={panelOpen}
            onClick={props.onPanel}
            data-testid="toggle-data"
          >
            <IconLayoutSidebarRight size={20} />
          </ActionIcon>
        </Tooltip>
      </div>
    </header>
  );
}

function WindowCountdown({ endsAt }: { endsAt: string | null }) {
  const { t } = useTranslation();
  const left = windowLeft(endsAt, useNow());
  const text = {
    none: t("conversation.windowNone"),
    closed: t("conversation.windowClosed"),
    open: t("conversation.window", { time: duration(left.ms) }),
    closing: t("conversation.window", { time: duration(left.ms) }),
  }[left.state];
  return (
    <Tooltip label={t("conversation.windowHint")} multiline w={260}>
      <span className={styles.window} data-state={left.state} data-testid="window-countdown">
        <IconClock size={14} aria-hidden />
        {text}
      </span>
    </Tooltip>
  );
}
