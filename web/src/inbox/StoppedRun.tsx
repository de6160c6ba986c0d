// An error stopped the last run: the person waits for nothing, and somebody has to know why.
import { Alert } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { flowQuery, pathQuery } from "../api/queries";
import styles from "./StoppedRun.module.css";

export function StoppedRun({ contact }: { contact: string }) {
  const { t } = useTranslation();
  const path = useQuery(pathQuery(contact)).data;
  const run = path?.run;
  const failed = run?.state === "failed";
  const flow = useQuery({ ...flowQuery(run?.flow ?? "", run?.version), enabled: failed }).data;
  if (!run || !failed) return null;
  const at = path.steps.at(-1)?.node;
  const step = flow?.nodes.find((node) => node.id === at)?.name ?? at;
  return (
    <Alert
      className={styles.stopped ?? ""}
      color="red"
      variant="light"
      icon={<IconAlertTriangle size={18} />}
      title={step ? t("conversation.stopped.at", { step }) : t("conversation.stopped.title")}
      data-testid="stopped-run"
    >
      {run.reason}{" "}
      <Link
        to="/recorridos/$flow"
        params={{ flow: run.flow }}
        search={{ contacto: contact, ...(at ? { paso: at } : {}) }}
        className={styles.link}
      >
        {t("conversation.viewPath")}
      </Link>
    </Alert>
  );
}
