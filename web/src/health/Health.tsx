// How the server is, for who looks after it: whether it takes events, and the figures of the last minute.
import { Skeleton, Title } from "@mantine/core";
import { IconAlertTriangle, IconCircleCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { healthQuery } from "../api/queries";
import type { Health as HealthView, TimeSpread } from "../api/types";
import { Failed } from "../app/Screens";
import { useNow } from "../lib/clock";
import { fileSize } from "../lib/files";
import { full, since } from "../lib/time";
import { rounded, span } from "./figures";
import styles from "./Health.module.css";

export function Health() {
  const { t } = useTranslation();
  const health = useQuery(healthQuery);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling place must be reachable by keyboard.
    <section className={styles.page} aria-labelledby="health-title" tabIndex={0}>
      <div className={styles.inner}>
        <Title order={1} size="h2" id="health-title">
          {t("health.title")}
        </Title>
        {health.isPending && <Skeleton height={220} radius="lg" mt={20} />}
        {health.isError && <Failed error={health.error} retry={() => void health.refetch()} />}
        {health.data && !health.isError && <Figures health={health.data} />}
      </div>
    </section>
  );
}

function Figures({ health }: { health: HealthView }) {
  const { t } = useTranslation();
  const now = useNow();
  const { recent, now: standing, disk } = health;
  return (
    <>
      <p className={styles.facts} title={full(health.started_at)}>
        {t("health.facts", { version: health.version, since: since(health.started_at, now) })}
      </p>
      <div
        className={styles.state}
        role="status"
        data-bad={health.ready ? undefined : true}
        data-testid="health-state"
      >
        <Mark ok={health.ready} size={24} />
        {health.ready ? t("health.ready") : t("health.notReady")}
      </div>
      <ul className={styles.list}>
        {health.checks.map((check) => (
          <li
            key={check.name}
            className={styles.check}
            data-bad={check.ok ? undefined : true}
            data-testid={`health-${check.name}`}
          >
            <Mark ok={check.ok} size={20} />
            <span className={styles.text}>
              <span>{t(`health.check.${check.name}`)}</span>
              {check.why && <span className={styles.why}>{check.why}</span>}
            </span>
          </li>
        ))}
      </ul>

      <Title order={2} size="h4">
        {t("health.recent", { count: health.recent_seconds })}
      </Title>
      <dl className={styles.figures}>
        <Figure name={t("health.turnsPerSecond")}>{rounded(recent.turns_per_second)}</Figure>
        <Spread name={t("health.turn")} times={recent.turn} />
        <Spread name={t("health.commit")} times={recent.commit} />
        <Figure name={t("health.groupTurns")}>
          {recent.group_turns === null ? t("health.none") : rounded(recent.group_turns)}
        </Figure>
        <Spread name={t("health.sync")} times={recent.sync} />
        <Spread name={t("health.timerLate")} times={recent.timer_late} />
      </dl>

      <Title order={2} size="h4">
        {t("health.now")}
      </Title>
      <dl className={styles.figures}>
        <Figure name={t("health.outboxWaiting")}>{rounded(standing.outbox_waiting)}</Figure>
        <Figure name={t("health.layers")}>{fileSize(standing.layer_bytes)}</Figure>
        <Figure name={t("health.undrained")}>{fileSize(standing.undrained_log_bytes)}</Figure>
        {disk && (
          <Figure name={t("health.disk")}>
            {fileSize(disk.free)} <Note>{t("health.diskOf", { total: fileSize(disk.total) })}</Note>
          </Figure>
        )}
      </dl>

      <Title order={2} size="h4">
        {t("health.sinceStart")}
      </Title>
      <dl className={styles.figures}>
        <Figure name={t("health.deadLetters")}>{rounded(standing.dead_letters)}</Figure>
        {standing.outbox.map(({ class: kind, count }) => (
          <Figure
            key={kind}
            name={t("health.sends", {
              // A newer server may know more of them.
              kind: t(`health.class.${kind as "other"}`, { defaultValue: kind }),
            })}
          >
            {rounded(count)}
          </Figure>
        ))}
      </dl>
    </>
  );
}

function Mark({ ok, size }: { ok: boolean; size: number }) {
  const Icon = ok ? IconCircleCheck : IconAlertTriangle;
  return <Icon size={size} aria-hidden />;
}

function Figure({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className={styles.figure}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** Half took no longer than the large figure; nearly all no longer than the one beside it. */
function Spread({ name, times }: { name: string; times: TimeSpread | null }) {
  const { t } = useTranslation();
  return (
    <Figure name={name}>
      {times === null ? (
        t("health.none")
      ) : (
        <>
          {span(times.p50_ms)} <Note>{t("health.most", { time: span(times.p99_ms) })}</Note>
        </>
      )}
    </Figure>
  );
}

function Note({ children }: { children: string }) {
  return <span className={styles.note}>{children}</span>;
}
