// A flow drawn; beside it the step that is being read; above it whose walk is lit.
import { ActionIcon, Button, Drawer } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconArrowLeft, IconMessages, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "../api/http";
import { conversationQuery, flowQuery, pathQuery } from "../api/queries";
import type { ContactPath } from "../api/types";
import { Failed, LoadingScreen, Notice } from "../app/Screens";
import { useNow } from "../lib/clock";
import { full, whenInSentence } from "../lib/time";
import { FlowCanvas } from "./FlowCanvas";
import styles from "./FlowPage.module.css";
import { PersonChooser } from "./PersonChooser";
import { stepState, walkOf } from "./path";
import { StepPanel } from "./StepPanel";
import { shortVersion } from "./version";

export function FlowPage() {
  const { t } = useTranslation();
  const { flow: flowId } = useParams({ from: "/shell/recorridos/$flow" });
  const { contacto, paso } = useSearch({ from: "/shell/recorridos/$flow" });
  const navigate = useNavigate({ from: "/recorridos/$flow" });
  const wide = useMediaQuery("(min-width: 62em)", true, { getInitialValueInEffect: false });

  const current = useQuery(flowQuery(flowId));
  const path = useQuery({ ...pathQuery(contacto ?? ""), enabled: contacto !== undefined });
  const run = contacto && path.data?.run?.flow === flowId ? path.data.run : null;
  // A run stays on the version it began with: that is the one to draw.
  const pinned = run && current.data && run.version !== current.data.version ? run.version : null;
  const older = useQuery({ ...flowQuery(flowId, pinned ?? ""), enabled: pinned !== null });
  const shown = pinned === null ? current : older;
  const flow = shown.data;
  const walk = useMemo(() => (run ? walkOf(path.data) : null), [run, path.data]);
  const step = flow?.nodes.find((node) => node.id === paso);

  // On a narrow screen the panel covers the drawing: who came to see where somebody is sees that first.
  const [reading, setReading] = useState(false);
  const select = (next: string | undefined) => {
    setReading(next !== undefined);
    void navigate({
      search: { ...(contacto ? { contacto } : {}), ...(next ? { paso: next } : {}) },
      replace: true,
    });
  };
  const choose = (next: string | null) => void navigate({ search: next ? { contacto: next } : {} });

  if (current.isError && !current.data) {
    if (current.error instanceof ApiError && current.error.status === 404) {
      return (
        <Notice title={t("flows.notFound.title")} text={t("flows.notFound.text")}>
          <Button component={Link} to="/recorridos" variant="light" mt="xs">
            {t("flows.back")}
          </Button>
        </Notice>
      );
    }
    return <Failed error={current.error} retry={() => void current.refetch()} />;
  }
  if (older.isError && !flow) return <Failed error={older.error} retry={() => void older.refetch()} />;
  if (!flow || (contacto && path.isPending)) return <LoadingScreen />;

  const panel = step && (
    <StepPanel
      key={step.id}
      step={step}
      nodes={flow.nodes}
      visits={walk?.visits.get(step.id) ?? 0}
      state={stepState(walk, step.id)}
      onSelect={select}
    />
  );
  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <ActionIcon
          component={Link}
          to="/recorridos"
          variant="subtle"
          color="gray"
          size={40}
          aria-label={t("flows.back")}
        >
          <IconArrowLeft size={20} />
        </ActionIcon>
        <div className={styles.title}>
          <h1>{flow.name}</h1>
          <Facts
            publishedAt={flow.published_at}
            version={flow.version}
            steps={flow.nodes.filter(({ role }) => role !== "note").length}
          />
        </div>
        <PersonChooser flow={flowId} value={contacto ?? null} onChange={choose} />
      </header>
      {contacto && (
        <WalkBanner
          contact={contacto}
          path={path.data}
          flow={flowId}
          version={flow.version}
          older={pinned !== null}
          onClear={() => choose(null)}
        />
      )}
      <div className={styles.body} data-panel={wide && step !== undefined}>
        {flow.nodes.length === 0 ? (
          <Notice title={flow.name} text={t("flow.empty")} />
        ) : (
          <FlowCanvas key={flow.version} flow={flow} walk={walk} selected={paso} onSelect={select} />
        )}
        {wide && step && (
          <aside className={styles.panel} aria-label={t("flow.step")}>
            <div className={styles.panelHead}>
              <h2>{t("flow.step")}</h2>
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={t("flow.closeStep")}
                onClick={() => select(undefined)}
              >
                <IconX size={18} />
              </ActionIcon>
            </div>
            {panel}
          </aside>
        )}
      </div>
      {!wide && (
        <Drawer
          opened={reading && step !== undefined}
          onClose={() => select(undefined)}
          position="bottom"
          size="70%"
          title={t("flow.step")}
          closeButtonProps={{ "aria-label": t("flow.closeStep") }}
        >
          {panel}
        </Drawer>
      )}
    </div>
  );
}

function Facts({ publishedAt, version, steps }: { publishedAt: string; version: string; steps: number }) {
  const { t } = useTranslation();
  const when = whenInSentence(publishedAt, useNow());
  return (
    <p title={full(publishedAt)}>
      {[
        t("flows.version", { version: shortVersion(version) }),
        t("flows.published", { when }),
        t("flows.steps", { count: steps }),
      ].join(" · ")}
    </p>
  );
}

type BannerProps = {
  contact: string;
  path: ContactPath | undefined;
  flow: string;
  version: string;
  older: boolean;
  onClear: () => void;
};

function WalkBanner({ contact, path, flow, version, older, onClear }: BannerProps) {
  const { t } = useTranslation();
  const person = useQuery({ ...conversationQuery(contact), select: ({ summary }) => summary });
  const name = person.data?.name ?? person.data?.address ?? t("common.unnamed");
  const run = path?.run ?? null;
  const here = run?.flow === flow;
  return (
    <div
      className={styles.banner}
      role="status"
      data-state={here ? run?.state : undefined}
      data-testid="walk-banner"
    >
      <span className={styles.bannerText}>
        {person.error instanceof ApiError && person.error.status === 404
          ? t("inbox.notFound.title")
          : here
            ? older
              ? t("flow.bannerOld", { name, version: shortVersion(version) })
              : t("flow.banner", { name, version: shortVersion(version) })
            : run
              ? t("flow.otherFlow", { name })
              : t("flow.noRun", { name })}
        {here && run && <strong>{` · ${t(`flow.state.${run.state}`)}`}</strong>}
        {here && run?.state === "failed" && run.reason && <span>{` · ${run.reason}`}</span>}
      </span>
      {run && !here && (
        <Link
          to="/recorridos/$flow"
          params={{ flow: run.flow }}
          search={{ contacto: contact }}
          className={styles.bannerLink}
        >
          {t("flow.openOther")}
        </Link>
      )}
      <Link
        to="/bandeja/$contact"
        params={{ contact }}
        className={styles.bannerLink}
        aria-label={t("flow.openConversation")}
      >
        <IconMessages size={16} aria-hidden />
        <span className={styles.wideOnly}>{t("flow.openConversation")}</span>
      </Link>
      <ActionIcon variant="subtle" color="gray" size="sm" aria-label={t("flow.clear")} onClick={onClear}>
        <IconX size={16} />
      </ActionIcon>
    </div>
  );
}
