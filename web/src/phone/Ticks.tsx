// The marks of how far a message has come.
import { useTranslation } from "react-i18next";
import type { Status } from "./emulator";
import { WarningIcon } from "./icons";
import styles from "./Ticks.module.css";

const SHAPES = {
  sending: "M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11M8 5v3l2 1.5",
  sent: "m4 8.5 3 3 6-7",
  delivered: "m1 8.5 3 3 6-7M7.5 10.5l1 1 6-7",
  read: "m1 8.5 3 3 6-7M7.5 10.5l1 1 6-7",
};

export function Ticks({ status }: { status: Status }) {
  const { t } = useTranslation();
  return (
    <span className={styles.ticks} data-status={status} role="img" aria-label={t(`phone.status.${status}`)}>
      {status === "failed" ? (
        <WarningIcon />
      ) : (
        <svg
          aria-hidden="true"
          width="16"
          height="16"
          viewBox="0 0 16 16"
          fill="none"
          stroke="currentColor"
          strokeWidth="1.4"
          strokeLinecap="round"
          strokeLinejoin="round"
        >
          <path d={SHAPES[status]} />
        </svg>
      )}
    </span>
  );
}
