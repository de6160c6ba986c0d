// Which steps and exits of a drawing a contact walked.
import type { ContactPath } from "../api/types";

export type StepState = "idle" | "visited" | "current" | "failed";

export type Walk = {
  /** How many times each step was entered. */
  visits: ReadonlyMap<string, number>;
  /** Exits taken, as `step:exit`. */
  exits: ReadonlySet<string>;
  /** Where the run waits, or where it stopped. */
  at: string | null;
  failed: boolean;
};

export const exitId = (node: string, exit: string) => `${node}:${exit}`;

export function walkOf(path: ContactPath | undefined): Walk | null {
  if (!path?.run) return null;
  const visits = new Map<string, number>();
  const exits = new Set<string>();
  for (const [index, step] of path.steps.entries()) {
    // A step that waited is told again when it is left: that is one stay.
    const before = path.steps[index - 1];
    const stayed = before?.node === step.node && before.exit === null;
    if (!stayed) visits.set(step.node, (visits.get(step.node) ?? 0) + 1);
    if (step.exit !== null) exits.add(exitId(step.node, step.exit));
  }
  const failed = path.run.state === "failed";
  const last = path.steps.at(-1)?.node ?? null;
  return { visits, exits, at: path.current ?? (failed ? last : null), failed };
}

export function stepState(walk: Walk | null, node: string): StepState {
  if (!walk) return "idle";
  if (walk.at === node) return walk.failed ? "failed" : "current";
  return walk.visits.has(node) ? "visited" : "idle";
}
