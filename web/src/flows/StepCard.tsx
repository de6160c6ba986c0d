// One card for every kind of step: icon, colour, names and summary come from the server.

import { IconArrowRight, IconNote } from "@tabler/icons-react";
import { Handle, type Node, type NodeProps, Position } from "@xyflow/react";
import { type CSSProperties, createContext, memo, useContext } from "react";
import { useTranslation } from "react-i18next";
import type { FlowNode } from "../api/types";
import { stepIcon } from "./icons";
import { CARD, exitY, isLine, NOTE, noteText, shownLines } from "./layout";
import type { StepState } from "./path";
import styles from "./StepCard.module.css";

/** `entered`: whether an edge leads here. */
export type StepData = { step: FlowNode; state: StepState; visits: number; entered: boolean };
export type StepNode = Node<StepData, "step">;

/** How a card that jumps leads to another: what each step is called, and the way there. */
export const JumpContext = createContext<{
  names: ReadonlyMap<string, string>;
  jump: (step: string) => void;
}>({ names: new Map(), jump: () => {} });

const measures = {
  "--note-line": `${NOTE.line}px`,
  "--note-pad": `${NOTE.pad}px`,
  "--note-lines": NOTE.maxLines,
  "--card-head": `${CARD.head}px`,
  "--card-line": `${CARD.line}px`,
  "--card-line-pad": `${CARD.linePad}px`,
  "--card-exit": `${CARD.exit}px`,
  "--card-exit-pad": `${CARD.exitPad}px`,
} as CSSProperties;

export const StepCard = memo(function StepCard({ data, selected }: NodeProps<StepNode>) {
  const { t } = useTranslation();
  const { step, state, visits, entered } = data;
  if (step.role === "note") return <Note step={step} selected={selected} />;
  const Icon = stepIcon(step.icon);
  const lines = shownLines(step);
  const hidden = step.summary.length - lines.length;
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
          {hidden > 0 && <div className={styles.line}>{t("flow.more", { count: hidden })}</div>}
        </div>
      )}
      {step.exits.length > 0 && (
        <div className={styles.exits}>
          {step.exits.map((exit) => (
            <div
              key={exit.key}
              className={styles.exit}
              data-open={exit.target === null}
              data-optional={exit.optional}
            >
              {!isLine(step) && exit.target !== null ? (
                <JumpTo target={exit.target} />
              ) : (
                <span>{exit.label}</span>
              )}
            </div>
          ))}
        </div>
      )}
      {(isLine(step) ? step.exits : []).map((exit, index) => (
        <Handle
          key={exit.key}
          id={exit.key}
          type="source"
          position={Position.Right}
          isConnectable={false}
          className={styles.source ?? ""}
          style={{ top: exitY(step, index) }}
          data-open={exit.target === null}
          data-optional={exit.optional}
        />
      ))}
    </div>
  );
});

function JumpTo({ target }: { target: string }) {
  const { t } = useTranslation();
  const { names, jump } = useContext(JumpContext);
  const name = names.get(target) ?? target;
  return (
    <button
      type="button"
      className={`${styles.jump} nodrag nopan`}
      aria-label={t("flow.jump", { name })}
      onClick={(event) => {
        event.stopPropagation();
        jump(target);
      }}
      // Enter here goes there, and does not open this card.
      onKeyDown={(event) => event.stopPropagation()}
      data-testid="jump"
    >
      <IconArrowRight size={15} aria-hidden />
      <span>{name}</span>
    </button>
  );
}

function Note({ step, selected }: { step: FlowNode; selected: boolean }) {
  const { color } = step.config as { color?: unknown };
  return (
    <div
      className={styles.note}
      style={measures}
      data-note={typeof color === "string" ? color : undefined}
      data-selected={selected}
      data-testid={`node-${step.id}`}
    >
      <IconNote size={16} aria-hidden className={styles.noteMark ?? ""} />
      <p>{noteText(step)}</p>
    </div>
  );
}
