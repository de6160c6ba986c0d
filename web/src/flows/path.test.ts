import { expect, it } from "vitest";
import type { ContactPath } from "../api/types";
import { stepState, walkOf } from "./path";

const AT = "2026-11-20T10:00:00.000Z";
const run = { id: "r1", flow: "f", version: "v", state: "waiting", reason: null } as const;

const path = (values: Partial<ContactPath>): ContactPath => ({
  run,
  steps: [
    { node: "inicio", exit: "next", at: AT },
    { node: "saludo", exit: "no_match", at: AT },
    { node: "ayuda", exit: "next", at: AT },
    { node: "saludo", exit: null, at: AT },
  ],
  current: "saludo",
  ...values,
});

it("tells where the run is, where it was and how often", () => {
  const walk = walkOf(path({}));
  expect(["inicio", "saludo", "ayuda", "fin"].map((node) => stepState(walk, node))).toEqual([
    "visited",
    "current",
    "visited",
    "idle",
  ]);
  expect(walk?.visits.get("saludo")).toBe(2);
  expect([...(walk?.exits ?? [])]).toEqual(["inicio:next", "saludo:no_match", "ayuda:next"]);
});

it("counts a wait and the leaving after it as one stay", () => {
  const steps = [
    { node: "saludo", exit: null, at: AT },
    { node: "saludo", exit: "ventas", at: AT },
    { node: "saludo", exit: null, at: AT },
  ];
  expect(walkOf(path({ steps }))?.visits.get("saludo")).toBe(2);
});

it("shows where a run that failed stopped, and nothing as current when it ended", () => {
  const failed = walkOf(path({ run: { ...run, state: "failed", reason: "…" }, current: null }));
  expect(stepState(failed, "saludo")).toBe("failed");
  const ended = walkOf(path({ run: { ...run, state: "ended" }, current: null }));
  expect(stepState(ended, "saludo")).toBe("visited");
});

it("lights nothing without a run", () => {
  expect(stepState(walkOf(path({ run: null })), "saludo")).toBe("idle");
});
