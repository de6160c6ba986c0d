import Elk from "elkjs/lib/elk.bundled.js";
import { expect, it } from "vitest";
import type { FlowNode } from "../api/types";
import { cardSize, elkGraph, exitY, fromElk, grid, NOTE, placed, roundedPath } from "./layout";
import { exitId } from "./path";

const node = (id: string, exits: [string, string | null][], at?: [number, number]): FlowNode => ({
  id,
  kind: "message",
  kind_name: "Mensaje",
  icon: "message",
  color: "blue",
  name: id,
  role: "step",
  summary: ["uno", "dos"],
  exits: exits.map(([key, target]) => ({ key, label: key, target, optional: false })),
  x: at?.[0] ?? null,
  y: at?.[1] ?? null,
  config: {},
});

const FLOW = [
  node("inicio", [["next", "pregunta"]]),
  node("pregunta", [
    ["a", "rama-a"],
    ["b", "rama-b"],
    ["c", "rama-c"],
    ["no_match", "pregunta"],
    ["timeout", null],
  ]),
  node("rama-a", [["next", "fin"]]),
  node("rama-b", [["next", "fin"]]),
  node("rama-c", [["next", "fin"]]),
  node("fin", []),
];

it("keeps the author's positions only when every card has one", () => {
  expect(placed([node("a", [], [0, 0]), node("b", [], [10, 20])])?.positions.get("b")).toEqual({
    x: 10,
    y: 20,
  });
  expect(placed([node("a", [], [0, 0]), node("b", [])])).toBeNull();
});

it("draws from left to right, without overlaps, branches in the order of the exits", async () => {
  const { positions, routes } = fromElk(await new Elk().layout(elkGraph(FLOW)));
  const box = (each: FlowNode) => {
    const at = positions.get(each.id) ?? { x: Number.NaN, y: Number.NaN };
    return { ...at, ...cardSize(each) };
  };
  const at = (id: string) => box(FLOW.find((each) => each.id === id) as FlowNode);
  expect(at("inicio").x).toBeLessThan(at("pregunta").x);
  expect(at("pregunta").x).toBeLessThan(at("rama-a").x);
  expect(at("rama-a").x).toBeLessThan(at("fin").x);
  expect(at("rama-a").y).toBeLessThan(at("rama-b").y);
  expect(at("rama-b").y).toBeLessThan(at("rama-c").y);
  for (const [index, one] of FLOW.entries()) {
    for (const other of FLOW.slice(index + 1)) {
      const [a, b] = [box(one), box(other)];
      const apart =
        a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
      expect(apart, `${one.id} and ${other.id}`).toBe(true);
    }
  }

  // Every connected exit has its edge, which leaves at the row of the exit; the open one has none.
  const question = FLOW[1] as FlowNode;
  for (const [index, exit] of question.exits.entries()) {
    const start = routes.get(exitId("pregunta", exit.key))?.[0];
    if (exit.target === null) expect(start).toBeUndefined();
    else expect(Math.abs((start?.y ?? 0) - at("pregunta").y - exitY(question, index))).toBeLessThan(1.5);
  }
});

it("rounds the bends of an edge and keeps its ends", () => {
  const path = roundedPath([
    { x: 0, y: 0 },
    { x: 50, y: 0 },
    { x: 50, y: 8 },
  ]);
  expect(path).toBe("M0,0 L40,0 Q50,0 50,4 L50,8");
});

it("puts the exits inside the card, one below the other", () => {
  const question = FLOW[1] as FlowNode;
  const ys = question.exits.map((_, index) => exitY(question, index));
  expect([...ys].sort((a, b) => a - b)).toEqual(ys);
  expect(ys.at(-1)).toBeLessThan(cardSize(question).height);
});

it("still places every card without ELK", () => {
  const { positions } = grid(FLOW);
  expect(new Set([...positions.values()].map(({ x, y }) => `${x},${y}`)).size).toBe(FLOW.length);
});

it("draws no line for a jump", () => {
  const jump: FlowNode = { ...node("salto", [["target", "inicio"]]), role: "jump" };
  const { edges, children } = elkGraph([...FLOW, jump]);
  expect(edges.some((edge) => edge.id === exitId("salto", "target"))).toBe(false);
  expect(children.some((child) => child.id === "salto")).toBe(true);
});

it("makes a note as tall as its words, up to a point", () => {
  const note = (text: string): FlowNode => ({ ...node("nota", []), role: "note", summary: [text] });
  const lines = (count: number) => count * NOTE.line + 2 * NOTE.pad;
  expect(cardSize(note("corta")).height).toBe(lines(1));
  expect(cardSize(note(`${"x".repeat(NOTE.perLine + 1)}\n\ny`)).height).toBe(lines(4));
  expect(cardSize(note("larga ".repeat(500))).height).toBe(lines(NOTE.maxLines));
});
