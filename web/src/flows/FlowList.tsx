import { Code, Skeleton, Title } from "@mantine/core";
import { IconChevronRight, IconRoute } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { flowsQuery } from "../api/queries";
import type { FlowSummary } from "../api/types";
import { Failed, Notice } from "../app/Screens";
import { useNow } from "../lib/clock";
import { full, whenInSentence } from "../lib/time";
import styles from "./FlowList.module.css";
import { shortVersion } from "./version";

export function FlowList() {
  const { t } = useTranslation();
  const flows = useQuery(flowsQuery);
  return (
    <div className={styles.page}>
      <div className={styles.inner}>
        <Title order={1} size="h2">
          {t("flows.title")}
        </Title>
        <p className={styles.intro}>{t("flows.intro")}</p>
        {flows.isPending && ["a", "b"].map((row) => <Skeleton key={row} height={72} radius="lg" mb={10} />)}
        {flows.isError && !flows.data && <Failed error={flows.error} retry={() => void flows.refetch()} />}
        {flows.data?.length === 0 && (
          <Notice
            icon={<IconRoute size={40} stroke={1.4} color="var(--cauce-dimmed)" aria-hidden />}
            title={t("flows.empty.title")}
            text={t("flows.empty.text")}
          >
            <Code block>{t("flows.empty.command")}</Code>
          </Notice>
        )}
        <ul className={styles.list}>
          {flows.data?.map((flow) => (
            <FlowRow key={flow.id} flow={flow} />
          ))}
        </ul>
      </div>
    </div>
  );
}

function FlowRow({ flow }: { flow: FlowSummary }) {
  const { t } = useTranslation();
  const when = whenInSentence(flow.published_at, useNow());
  return (
    <li>
      <Link
        to="/recorridos/$flow"
        params={{ flow: flow.id }}
        className={styles.row}
        data-testid={`flow-${flow.id}`}
      >
        <span className={styles.icon}>
          <IconRoute size={22} aria-hidden />
        </span>
        <span className={styles.text}>
          <span className={styles.name}>{flow.name}</span>
          <span className={styles.facts} title={full(flow.published_at)}>
            {flow.published_by
              ? t("flows.publishedBy", { when, name: flow.published_by })
              : t("flows.published", { when })}
            {" · "}
            {t("flows.version", { version: shortVersion(flow.version) })}
          </span>
        </span>
        <IconChevronRight size={20} aria-hidden />
      </Link>
    </li>
  );
}
