import { IconAlertCircle, IconCheck, IconChecks, IconClock } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { MessageStatus } from "../api/types";

const ICONS = {
  sending: IconClock,
  queued: IconClock,
  accepted: IconClock,
  sent: IconCheck,
  delivered: IconChecks,
  read: IconChecks,
  failed: IconAlertCircle,
};

const COLORS: Partial<Record<MessageStatus | "sending", string>> = {
  read: "var(--cauce-read)",
  failed: "var(--cauce-bad)",
};

/** WhatsApp's ticks: a clock until it left, one when sent, two when delivered, blue when read. */
export function MessageTicks({ status }: { status: MessageStatus | "sending" }) {
  const { t } = useTranslation();
  const Icon = ICONS[status];
  const text = t(`conversation.status.${status}`);
  return (
    <span role="img" aria-label={text} title={text} data-status={status} style={{ display: "inline-flex" }}>
      <Icon size={15} stroke={2.2} color={COLORS[status] ?? "currentColor"} aria-hidden />
    </span>
  );
}
