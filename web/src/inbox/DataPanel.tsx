// What is known about the person: the contact, what the flow captured, the cases so far.
import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { CaseView, Conversation } from "../api/types";
import { useNow } from "../lib/clock";
import { full, shortWhen, since } from "../lib/time";
import { useValueText } from "../lib/useValueText";
import styles from "./DataPanel.module.css";

export function DataPanel({ conversation: { summary, captured, cases } }: { conversation: Conversation }) {
  const { t } = useTranslation();
  const valueText = useValueText();
  return (
    <div className={styles.panel} data-testid="data-panel">
      <h3>{t("panel.contact")}</h3>
      <dl>
        <div>
          <dt>{t("panel.phone")}</dt>
          <dd>{summary.address}</dd>
        </div>
        {summary.run && (
          <>
            <div>
              <dt>{t("panel.flow")}</dt>
              <dd>{summary.run.flow_name}</dd>
            </div>
            <div>
              <dt>{t("panel.step")}</dt>
              <dd>{summary.run.node_name}</dd>
            </div>
          </>
        )}
      </dl>
      <h3>{t("panel.captured")}</h3>
      {captured.length === 0 ? (
        <Text size="sm" c="dimmed">
          {t("panel.capturedEmpty")}
        </Text>
      ) : (
        <dl>
          {captured.map((field) => (
            <div key={field.key} data-testid={`captured-${field.key}`}>
              <dt>{field.label}</dt>
              <dd>{valueText(field.value)}</dd>
            </div>
          ))}
        </dl>
      )}
      <h3>{t("panel.cases")}</h3>
      {cases.length === 0 ? (
        <Text size="sm" c="dimmed">
          {t("panel.casesEmpty")}
        </Text>
      ) : (
        <ol className={styles.cases}>
          {cases.map((each) => (
            <CaseCard key={each.id} item={each} />
          ))}
        </ol>
      )}
    </div>
  );
}

function CaseCard({ item }: { item: CaseView }) {
  const { t } = useTranslation();
  const now = useNow();
  // A case that ended no longer tells when it was taken: then there is no waiting time to show.
  const waitedUntil = item.taken_at ?? (item.end_reason === "timed_out" ? item.ended_at : null);
  return (
    <li className={styles.case} data-state={item.state}>
      <div className={styles.caseHead}>
        <strong>
          {item.end_reason ? t(`panel.caseReason.${item.end_reason}`) : t(`panel.caseState.${item.state}`)}
        </strong>
        <time dateTime={item.queued_at} title={full(item.queued_at)}>
          {shortWhen(item.queued_at, now)}
        </time>
      </div>
      <div>
        {item.queue}
        {" · "}
        {item.assignee?.name ?? t("panel.caseNobody")}
      </div>
      {waitedUntil && (
        <div>{t("panel.caseWaited", { time: since(item.queued_at, Date.parse(waitedUntil)) })}</div>
      )}
      {item.state === "queued" && <div>{t("panel.caseWaiting", { time: since(item.queued_at, now) })}</div>}
    </li>
  );
}
