// An edge along the corners that ELK chose, around the cards.
import { BaseEdge, type Edge, type EdgeProps } from "@xyflow/react";
import { memo } from "react";
import { type Point, roundedPath } from "./layout";

export const RoutedEdge = memo(function RoutedEdge(props: EdgeProps<Edge<{ points: Point[] }>>) {
  const { id, data, markerEnd } = props;
  return <BaseEdge id={id} path={roundedPath(data?.points ?? [])} {...(markerEnd ? { markerEnd } : {})} />;
});
