// One card for every kind of step: icon, colour, names and summary come from the server.
import { Handle, type Node, type NodeProps, Position } from "@xyflow/react";
import { type CSSProperties, memo } from "react";
import { useTranslation } from "react-i18next";
import type { FlowNode } from "../api/types";
import { stepIcon } from "./icons";
import { CARD, exitY, shownLines } from "./layout";
import type { StepState } from "./path";
import styles from "./StepCard.module.css";

/** `entered`: whether an edge leads here. */
export type StepData = { step: FlowNode; state: StepState; visits: number; entered: boolean };
export type StepNode = Node<StepData, "step">;

const measures = {
  "--card-head": `${CARD.head}px`,
  "--card-line": `${CARD.line}px`,
  "--card-line-pad": `${CARD.linePad}px`,
  "--card-exit": `${CARD.exit}px`,
  "--card-exit-pad": `${CARD.exitPad}px`,
} as CSSProperties;

export const StepCard = memo(function StepCard({ data, selected }: NodeProps<StepNode>) {
  const { t } = useTranslation();
  const { step, state, visits, entered } = data;
  const Icon = stepIcon(step.icon);
  const lines = shownLines(step);
  return (
    <div
      className={styles.card}
      style={measures}
      data-color={step.color}
      data-selected={selected}
      data-state={state}
      data-testid={`node-${step.id}`}
    >
      {entered && (
        <Handle
          type="target"
          position={Position.Left}
          isConnectable={false}
          className={styles.target ?? ""}
        />
      )}
      <div className={styles.head}>
        <span className={styles.icon}>
          <Icon size={18} aria-hidden />
        </span>
        <span className={styles.names}>
          <span className={styles.kind}>{step.kind_name}</span>
          <span className={styles.name}>{step.name}</span>
        </span>
        {visits > 1 && (
          <span className={styles.visits} title={t("flow.visits", { count: visits })}>
            {`×${visits}`}
          </span>
        )}
      </div>
      {lines.length > 0 && (
        <div className={styles.summary}>
          {lines.map((line, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines never change places.
            <div key={index} className={styles.line}>
              {line}
            </div>
          ))}
        </div>
      )}
      {step.exits.length > 0 && (
        <div className={styles.exits}>
          {step.exits.map((exit) => (
            <div key={exit.key} className={styles.exit} data-open={exit.target === null}>
              <span>{exit.label}</span>
            </div>
          ))}
        </div>
      )}
      {step.exits.map((exit, index) => (
        <Handle
          key={exit.key}
          id={exit.key}
          type="source"
          position={Position.Right}
          isConnectable={false}
          className={styles.source ?? ""}
          style={{ top: exitY(step, index) }}
          data-open={exit.target === null}
        />
      ))}
    </div>
  );
});
