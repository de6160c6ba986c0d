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
import { type RefObject, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { FlowView } from "../api/types";
import { LoadingScreen } from "../app/Screens";
import styles from "./FlowCanvas.module.css";
import { arrange, cardSize, type Layout, type Point } from "./layout";
import { exitId, stepState, type Walk } from "./path";
import { RoutedEdge } from "./RoutedEdge";
import { StepCard, type StepNode } from "./StepCard";

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

  const entered = useMemo(
    () => new Set(flow.nodes.flatMap((step) => step.exits.map((exit) => exit.target))),
    [flow.nodes],
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
    </section>
  );
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
    const instance = drawing.current;
    if (!instance || !frame.current || at === null || from === null || at === from) return;
    const { clientWidth, clientHeight } = frame.current;
    const view = instance.getViewport();
    const middle = (id: string) => {
      const node = instance.getNode(id);
      if (!node) return null;
      const { width, height } = cardSize(node.data.step);
      return { x: node.position.x + width / 2, y: node.position.y + height / 2 };
    };
    const inSight = ({ x, y }: Point) => {
      const [left, top] = [x * view.zoom + view.x, y * view.zoom + view.y];
      return left > 0 && left < clientWidth && top > 0 && top < clientHeight;
    };
    const [old, next] = [middle(from), middle(at)];
    if (old && next && inSight(old) && !inSight(next)) {
      void instance.setCenter(next.x, next.y, { zoom: view.zoom, duration: 400 });
    }
  }, [frame, drawing, at]);
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
  return flow.nodes.flatMap((step) =>
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
