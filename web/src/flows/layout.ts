// Where the cards stand: as the author placed them, else laid out by ELK in a worker that is loaded only then.
// ELK also routes the edges around the cards.
import type { FlowNode } from "../api/types";
import { exitId } from "./path";

/** Measures of a card in pixels; StepCard draws with the same numbers. */
export const CARD = {
  width: 264,
  head: 52,
  line: 19,
  linePad: 10,
  maxLines: 3,
  exit: 28,
  exitPad: 6,
} as const;

/** A sticky note: how wide, how tall a line is, what surrounds its text, and how many lines it shows at most. */
export const NOTE = { width: 220, line: 19, pad: 14, maxLines: 14, perLine: 27 } as const;

/** What a note says, in the author's own lines. */
export const noteText = (node: FlowNode) => node.summary.join("\n").trim();

function noteHeight(node: FlowNode): number {
  const lines = noteText(node)
    .split("\n")
    .reduce((total, line) => total + Math.max(1, Math.ceil(line.length / NOTE.perLine)), 0);
  return Math.min(lines, NOTE.maxLines) * NOTE.line + 2 * NOTE.pad;
}

/** Whether an exit is drawn as a line: those of a jump are names on its card. */
export const isLine = (node: FlowNode) => node.role !== "jump";

/** The lines of the summary on its card; when there are more, the last row tells how many. */
export const shownLines = ({ summary }: FlowNode) =>
  summary.length > CARD.maxLines ? summary.slice(0, CARD.maxLines - 1) : summary;

const lineCount = ({ summary }: FlowNode) => Math.min(summary.length, CARD.maxLines);

export function cardSize(node: FlowNode): { width: number; height: number } {
  if (node.role === "note") return { width: NOTE.width, height: noteHeight(node) };
  const lines = lineCount(node);
  const summary = lines === 0 ? 0 : lines * CARD.line + CARD.linePad;
  const exits = node.exits.length === 0 ? 0 : node.exits.length * CARD.exit + CARD.exitPad;
  return { width: CARD.width, height: CARD.head + summary + exits };
}

/** Pixels from the top of a card to the middle of its exit's row. */
export function exitY(node: FlowNode, index: number): number {
  const { height } = cardSize(node);
  return height - CARD.exitPad / 2 - (node.exits.length - index - 0.5) * CARD.exit;
}

export type Point = { x: number; y: number };

export type Layout = {
  /** The upper left corner of each card. */
  positions: ReadonlyMap<string, Point>;
  /** The corners of each edge (`exitId`) from end to end, when it was routed. */
  routes: ReadonlyMap<string, Point[]>;
};

/** The author's positions when every card has one, else null. */
export function placed(nodes: FlowNode[]): Layout | null {
  const positions = new Map<string, Point>();
  for (const { id, x, y } of nodes) {
    if (x === null || y === null) return null;
    positions.set(id, { x, y });
  }
  return { positions, routes: new Map() };
}

const IN = "in";

/** ELK's input: ports stand where the card draws its exits, so that branches keep the order of the buttons. */
export function elkGraph(nodes: FlowNode[]) {
  const known = new Set(nodes.map((node) => node.id));
  return {
    id: "flow",
    layoutOptions: {
      "elk.algorithm": "layered",
      "elk.direction": "RIGHT",
      "elk.layered.spacing.nodeNodeBetweenLayers": "64",
      "elk.layered.spacing.edgeNodeBetweenLayers": "20",
      "elk.spacing.nodeNode": "36",
      "elk.spacing.edgeNode": "22",
      "elk.edgeRouting": "ORTHOGONAL",
      "elk.layered.nodePlacement.strategy": "NETWORK_SIMPLEX",
      // Loops go back to where the conversation came from, whatever the order of the document.
      "elk.layered.cycleBreaking.strategy": "DEPTH_FIRST",
      "elk.layered.considerModelOrder.strategy": "NODES_AND_EDGES",
    },
    children: nodes.map((node) => {
      const size = cardSize(node);
      const port = (id: string, side: string, x: number, y: number) => ({
        id,
        width: 1,
        height: 1,
        x,
        y,
        layoutOptions: { "elk.port.side": side },
      });
      return {
        id: node.id,
        ...size,
        layoutOptions: { "elk.portConstraints": "FIXED_POS" },
        ports: [
          port(exitId(node.id, IN), "WEST", 0, CARD.head / 2),
          ...node.exits.map((exit, index) =>
            port(`${exitId(node.id, exit.key)}>`, "EAST", size.width, exitY(node, index)),
          ),
        ],
      };
    }),
    edges: nodes.filter(isLine).flatMap((node) =>
      node.exits
        .filter((exit) => exit.target !== null && known.has(exit.target))
        .map((exit) => ({
          id: exitId(node.id, exit.key),
          sources: [`${exitId(node.id, exit.key)}>`],
          targets: [exitId(exit.target ?? "", IN)],
        })),
    ),
  };
}

type Routed = { id?: string; sections?: { startPoint: Point; bendPoints?: Point[]; endPoint: Point }[] };

/** What ELK answered, in our words. */
export function fromElk(result: {
  children?: (Partial<Point> & { id: string })[];
  edges?: Routed[];
}): Layout {
  const routes = new Map<string, Point[]>();
  for (const { id, sections } of result.edges ?? []) {
    const section = sections?.[0];
    if (id !== undefined && section) {
      routes.set(id, [section.startPoint, ...(section.bendPoints ?? []), section.endPoint]);
    }
  }
  const positions = new Map((result.children ?? []).map(({ id, x = 0, y = 0 }) => [id, { x, y }]));
  return { positions, routes };
}

/** When ELK cannot be loaded: a plain grid in the order of the document, better than no drawing. */
export function grid(nodes: FlowNode[]): Layout {
  const columns = Math.ceil(Math.sqrt(nodes.length));
  const place = (index: number) => ({
    x: (index % columns) * (CARD.width + 90),
    y: Math.floor(index / columns) * 260,
  });
  return { positions: new Map(nodes.map((node, index) => [node.id, place(index)])), routes: new Map() };
}

export async function arrange(nodes: FlowNode[]): Promise<Layout> {
  const author = placed(nodes);
  if (author) return author;
  try {
    const [{ default: Elk }, { default: workerUrl }] = await Promise.all([
      import("elkjs/lib/elk-api.js"),
      import("elkjs/lib/elk-worker.min.js?url"),
    ]);
    const elk = new Elk({ workerFactory: () => new Worker(workerUrl) });
    try {
      return fromElk(await elk.layout(elkGraph(nodes)));
    } finally {
      elk.terminateWorker();
    }
  } catch {
    return grid(nodes);
  }
}

/** An SVG path along the corners, with rounded bends. */
export function roundedPath(points: Point[], radius = 10): string {
  const [first, ...rest] = points;
  if (!first) return "";
  let path = `M${first.x},${first.y}`;
  let from = first;
  for (const [index, corner] of rest.entries()) {
    const to = rest[index + 1];
    if (!to) return `${path} L${corner.x},${corner.y}`;
    const before = toward(corner, from, radius);
    const after = toward(corner, to, radius);
    path += ` L${before.x},${before.y} Q${corner.x},${corner.y} ${after.x},${after.y}`;
    from = corner;
  }
  return path;
}

/** The point `distance` away from `from` towards `to`, at most half the way. */
function toward(from: Point, to: Point, distance: number): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const part = length === 0 ? 0 : Math.min(distance / length, 0.5);
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
}
