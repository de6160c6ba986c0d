// The flow as a drawing to look at: cards, edges, and the walk of one contact lit on them.
import { useComputedColorScheme } from "@mantine/core";
import {
  Background,
  BackgroundVariant,
  Controls,
  type Edge,
  MarkerType,
  MiniMap,
  type NodeChange,
  ReactFlow,
  type ReactFlowInstance,
} from "@xyflow/react";
import "@xyflow/react/dist/style.css";
import "./canvas.css";
import { type RefObject, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { FlowView } from "../api/types";
import { LoadingScreen } from "../app/Screens";
import styles from "./FlowCanvas.module.css";
import { arrange, cardSize, isLine, type Layout, type Point } from "./layout";
import { exitId, stepState, type Walk } from "./path";
import { RoutedEdge } from "./RoutedEdge";
import { JumpContext, StepCard, type StepNode } from "./StepCard";

const nodeTypes = { step: StepCard };
const edgeTypes = { routed: RoutedEdge };
const fitViewOptions = { padding: 0.12, maxZoom: 1 };
/** Below this a card cannot be read: then the step in question is shown instead of the whole. */
const READABLE_ZOOM = 0.4;
/** Below this, on a phone, the whole says nothing: without a step in question the first one is shown. */
const TINY_ZOOM = 0.2;
/** From this many cards on, only those on screen are drawn. */
const MANY = 300;

type Drawing = ReactFlowInstance<StepNode, Edge>;

type Props = {
  flow: FlowView;
  walk: Walk | null;
  selected: string | undefined;
  onSelect: (step: string | undefined) => void;
};

export function FlowCanvas({ flow, walk, selected, onSelect }: Props) {
  const { t } = useTranslation();
  const colorMode = useComputedColorScheme("light");
  const layout = useLayout(flow);
  const [ready, setReady] = useState(false);
  const frame = useRef<HTMLElement>(null);
  const drawing = useRef<Drawing | null>(null);
  useFollow(frame, drawing, walk?.at ?? null);
  useKeepInSight(frame, drawing, selected);

  const entered = useMemo(
    () => new Set(flow.nodes.filter(isLine).flatMap((step) => step.exits.map((exit) => exit.target))),
    [flow.nodes],
  );
  const jump = useCallback(
    (step: string) => {
      onSelect(step);
      if (drawing.current && frame.current) centre(frame.current, drawing.current, step);
    },
    [onSelect],
  );
  const jumps = useMemo(
    () => ({ jump, names: new Map(flow.nodes.map((step) => [step.id, step.name])) }),
    [jump, flow.nodes],
  );
  const nodes = useMemo(
    () =>
      flow.nodes.map((step): StepNode => {
        const visits = walk?.visits.get(step.id) ?? 0;
        const state = stepState(walk, step.id);
        return {
          id: step.id,
          type: "step",
          position: layout?.positions.get(step.id) ?? { x: 0, y: 0 },
          ...cardSize(step),
          data: { step, state, visits, entered: entered.has(step.id) },
          selected: step.id === selected,
          ariaLabel: t("flow.cardLabel", { kind: step.kind_name, name: step.name }),
        };
      }),
    [flow.nodes, layout, walk, selected, entered, t],
  );
  const edges = useMemo(() => edgesOf(flow, layout, walk), [flow, layout, walk]);

  function onInit(instance: Drawing) {
    drawing.current = instance;
    // One frame later the drawing has its size.
    requestAnimationFrame(async () => {
      await instance.fitView(fitViewOptions);
      const zoom = instance.getZoom();
      const focus = selected ?? walk?.at ?? (zoom < TINY_ZOOM ? flow.nodes[0]?.id : undefined);
      const node = focus === undefined ? undefined : instance.getNode(focus);
      if (node && zoom < READABLE_ZOOM) {
        const { width, height } = cardSize(node.data.step);
        await instance.setCenter(node.position.x + width / 2, node.position.y + height / 2, { zoom: 0.85 });
      }
      setReady(true);
    });
  }

  function onNodesChange(changes: NodeChange<StepNode>[]) {
    const change = changes.find((each) => each.type === "select" && each.selected);
    if (change?.type === "select") onSelect(change.id);
  }

  if (!layout) return <LoadingScreen />;
  return (
    <section
      ref={frame}
      className={styles.canvas}
      data-testid={ready ? "canvas-ready" : "canvas"}
      aria-label={t("flow.canvas", { name: flow.name })}
    >
      <JumpContext value={jumps}>
        <ReactFlow<StepNode, Edge>
          nodes={nodes}
          edges={edges}
          nodeTypes={nodeTypes}
          edgeTypes={edgeTypes}
          onNodesChange={onNodesChange}
          onNodeClick={(_, node) => onSelect(node.id)}
          onPaneClick={() => onSelect(undefined)}
          onInit={onInit}
          colorMode={colorMode}
          nodesDraggable={false}
          nodesConnectable={false}
          edgesFocusable={false}
          elementsSelectable
          deleteKeyCode={null}
          selectionKeyCode={null}
          multiSelectionKeyCode={null}
          onlyRenderVisibleElements={flow.nodes.length > MANY}
          minZoom={0.08}
          maxZoom={1.75}
          ariaLabelConfig={{
            "node.a11yDescription.default": t("flow.cardHint"),
            "controls.ariaLabel": t("flow.controls"),
            "controls.zoomIn.ariaLabel": t("flow.zoomIn"),
            "controls.zoomOut.ariaLabel": t("flow.zoomOut"),
            "controls.fitView.ariaLabel": t("flow.fit"),
            "minimap.ariaLabel": t("flow.minimap"),
          }}
        >
          <Background variant={BackgroundVariant.Dots} gap={22} size={1.4} />
          <Controls showInteractive={false} fitViewOptions={fitViewOptions} />
          <MiniMap pannable zoomable className={styles.minimap ?? ""} nodeClassName={miniClass} />
        </ReactFlow>
      </JumpContext>
    </section>
  );
}

type Rect = Point & { width: number; height: number };

/** Where a card lies on the screen, from the upper left corner of the drawing. */
function shownAt(drawing: Drawing, step: string): Rect | null {
  const node = drawing.getNode(step);
  if (!node) return null;
  const { x, y, zoom } = drawing.getViewport();
  const { width, height } = cardSize(node.data.step);
  return {
    x: node.position.x * zoom + x,
    y: node.position.y * zoom + y,
    width: width * zoom,
    height: height * zoom,
  };
}

/** Brings a card into the middle, as large as everything is shown now. */
function centre(frame: HTMLElement, drawing: Drawing, step: string) {
  const card = shownAt(drawing, step);
  if (!card) return;
  const { x, y, zoom } = drawing.getViewport();
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  // By the size that the frame has now: the drawing itself learns of a panel beside it a moment later.
  const to = {
    x: x + (frame.clientWidth - card.width) / 2 - card.x,
    y: y + (frame.clientHeight - card.height) / 2 - card.y,
    zoom,
  };
  void drawing.setViewport(to, { duration: calm ? 0 : 400 });
}

/** Keeps the step that the person is at in sight, for whoever was looking at the one before. */
function useFollow(
  frame: RefObject<HTMLElement | null>,
  drawing: RefObject<Drawing | null>,
  at: string | null,
) {
  const before = useRef(at);
  useEffect(() => {
    const from = before.current;
    before.current = at;
    const [instance, room] = [drawing.current, frame.current];
    if (!instance || !room || at === null || from === null || at === from) return;
    const middleInSight = (step: string) => {
      const card = shownAt(instance, step);
      if (!card) return null;
      const [x, y] = [card.x + card.width / 2, card.y + card.height / 2];
      return x > 0 && x < room.clientWidth && y > 0 && y < room.clientHeight;
    };
    if (middleInSight(from) && middleInSight(at) === false) centre(room, instance, at);
  }, [frame, drawing, at]);
}

/** A card that is chosen at the rim, or beyond it by name or with the keyboard, comes out from behind its panel. */
function useKeepInSight(
  frame: RefObject<HTMLElement | null>,
  drawing: RefObject<Drawing | null>,
  selected: string | undefined,
) {
  useEffect(() => {
    const [instance, room] = [drawing.current, frame.current];
    if (!instance || !room || selected === undefined) return;
    const card = shownAt(instance, selected);
    if (!card) return;
    const inside = (from: number, length: number, room: number) => from >= 0 && from + length <= room;
    if (!inside(card.x, card.width, room.clientWidth) || !inside(card.y, card.height, room.clientHeight)) {
      centre(room, instance, selected);
    }
  }, [frame, drawing, selected]);
}

const miniClass = (node: StepNode) => `mini-${node.data.state}`;

function useLayout(flow: FlowView): Layout | null {
  const [known, setKnown] = useState<{ nodes: FlowView["nodes"]; layout: Layout } | null>(null);
  useEffect(() => {
    let stale = false;
    void arrange(flow.nodes).then((layout) => {
      if (!stale) setKnown({ nodes: flow.nodes, layout });
    });
    return () => {
      stale = true;
    };
  }, [flow.nodes]);
  return known?.nodes === flow.nodes ? known.layout : null;
}

function edgesOf(flow: FlowView, layout: Layout | null, walk: Walk | null): Edge[] {
  const left = (id: string) => layout?.positions.get(id)?.x ?? 0;
  const steps = new Set(flow.nodes.map((step) => step.id));
  return flow.nodes.filter(isLine).flatMap((step) =>
    step.exits.flatMap((exit): Edge[] => {
      if (exit.target === null || !steps.has(exit.target)) return [];
      const id = exitId(step.id, exit.key);
      const visited = walk?.exits.has(id) ?? false;
      const back = left(exit.target) <= left(step.id);
      const points = layout?.routes.get(id);
      return [
        {
          id,
          source: step.id,
          sourceHandle: exit.key,
          target: exit.target,
          ...(points ? { type: "routed", data: { points } } : { type: "smoothstep" }),
          className: [visited ? "edge-visited" : "", back ? "edge-back" : ""].join(" "),
          markerEnd: {
            type: MarkerType.ArrowClosed,
            color: visited ? "var(--cauce-accent)" : "var(--edge)",
            markerUnits: "userSpaceOnUse",
            width: 22,
            height: 22,
          },
          zIndex: visited ? 1 : 0,
          selectable: false,
        },
      ];
    }),
  );
}
