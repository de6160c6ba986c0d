// A step to read: what it does, where it leads, and its config as words and values.
import { Badge, UnstyledButton } from "@mantine/core";
import { IconArrowRight, IconNote } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { FlowNode } from "../api/types";
import { ConfigTree } from "./ConfigTree";
import { stepIcon } from "./icons";
import { noteText } from "./layout";
import type { StepState } from "./path";
import styles from "./StepPanel.module.css";

type Props = {
  step: FlowNode;
  nodes: FlowNode[];
  visits: number;
  /** Whether the contact whose walk is lit was here, is here, or was stopped here. */
  state: StepState;
  onSelect: (step: string) => void;
};

export function StepPanel({ step, nodes, visits, state, onSelect }: Props) {
  const { t } = useTranslation();
  const Icon = step.role === "note" ? IconNote : stepIcon(step.icon);
  return (
    <div className={styles.panel} data-testid="step-panel">
      <div className={styles.head}>
        <Icon size={22} aria-hidden />
        <div>
          <strong>{step.name}</strong>
          <span>{step.kind_name}</span>
        </div>
      </div>
      {visits > 0 && (
        <div className={styles.badges}>
          <Badge
            variant={state === "visited" ? "light" : "filled"}
            color={state === "failed" ? "red.9" : "teal"}
            tt="none"
          >
            {t(state === "failed" ? "flow.stopped" : state === "current" ? "flow.current" : "flow.visited")}
          </Badge>
          <Badge variant="default" tt="none">
            {t("flow.visits", { count: visits })}
          </Badge>
        </div>
      )}
      {step.role === "note" ? (
        <p className={styles.note}>{noteText(step)}</p>
      ) : (
        <>
          {step.summary.length > 0 && (
            <section>
              <h3>{t("flow.summary")}</h3>
              {step.summary.map((line, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: lines never change places.
                <p key={index}>{line}</p>
              ))}
            </section>
          )}
          <Exits step={step} nodes={nodes} onSelect={onSelect} />
          <section>
            <h3>{t("flow.config")}</h3>
            {Object.keys(step.config).length === 0 ? (
              <p>{t("flow.configEmpty")}</p>
            ) : (
              <ConfigTree value={step.config} />
            )}
          </section>
        </>
      )}
      <section>
        <h3>{t("flow.id")}</h3>
        <code>{step.id}</code>
      </section>
    </div>
  );
}

type ExitsProps = Pick<Props, "step" | "nodes" | "onSelect">;

function Exits({ step, nodes, onSelect }: ExitsProps) {
  const { t } = useTranslation();
  const nameOf = (id: string) => nodes.find((node) => node.id === id)?.name ?? id;
  return (
    <section>
      <h3>{t("flow.exits")}</h3>
      {step.exits.length === 0 && <p>{t("flow.noExits")}</p>}
      {step.exits.length > 0 && (
        <ul className={styles.exits}>
          {step.exits.map(({ key, label, target, optional }) => (
            <li key={key}>
              <span>{label}</span>
              <IconArrowRight size={15} aria-hidden />
              {target === null ? (
                <em>{t(optional ? "flow.optional" : "flow.toNowhere")}</em>
              ) : (
                <UnstyledButton className={styles.target ?? ""} onClick={() => onSelect(target)}>
                  {nameOf(target)}
                </UnstyledButton>
              )}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
