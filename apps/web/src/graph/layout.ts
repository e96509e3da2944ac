import dagre from "@dagrejs/dagre";

export interface LayoutEdge {
  readonly from: string;
  readonly to: string;
}

export interface Placed {
  readonly id: string;
  readonly x: number;
  readonly y: number;
}

/** Callers left or on top. */
export type Direction = "LR" | "TB";

const NODE_WIDTH = 190;
const NODE_HEIGHT = 48;

/**
 * Places nodes in layers from callers to callees. Nodes and edges are sorted first, so the same graph
 * has the same picture however the answer was ordered.
 */
export function layoutLayers(
  nodes: readonly string[],
  edges: readonly LayoutEdge[],
  direction: Direction = "LR",
): Placed[] {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: direction, nodesep: 24, ranksep: direction === "LR" ? 140 : 56, marginx: 8, marginy: 8 });
  graph.setDefaultEdgeLabel(() => ({}));
  const ids = [...new Set([...nodes, ...edges.flatMap((edge) => [edge.from, edge.to])])].sort();
  for (const id of ids) graph.setNode(id, { width: NODE_WIDTH, height: NODE_HEIGHT });
  const sorted = [...edges].sort((a, b) => `${a.from} ${a.to}`.localeCompare(`${b.from} ${b.to}`));
  for (const edge of sorted) if (edge.from !== edge.to) graph.setEdge(edge.from, edge.to);
  dagre.layout(graph);
  return ids.map((id) => {
    const node = graph.node(id) as { x: number; y: number };
    return { id, x: node.x - NODE_WIDTH / 2, y: node.y - NODE_HEIGHT / 2 };
  });
}
