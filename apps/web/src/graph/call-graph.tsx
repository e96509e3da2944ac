import { type Edge, Handle, MarkerType, type Node, type NodeProps, Position, ReactFlow } from "@xyflow/react";
import "@xyflow/react/dist/style.css";
import { Grid } from "antd";
import { useMemo } from "react";
import { useNavigate } from "react-router";
import { usePreferences } from "../app/preferences.js";
import { AXIS_COLOUR, ERROR_COLOUR } from "../app/theme.js";
import { type Direction, layoutLayers } from "./layout.js";

export interface GraphNode {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly failed?: boolean;
  /** Told by others only; it has no health of its own here. */
  readonly unknown?: boolean;
  readonly current?: boolean;
  /** Opened by a click. */
  readonly to?: string;
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  readonly label: string;
  readonly failed: boolean;
  /** 0 to 1; the widest edge is 1. */
  readonly share: number;
}

interface CallGraphProps {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  readonly label: string;
  readonly height?: number;
}

type FlowNode = Node<{ node: GraphNode; direction: Direction }, "service">;

/** Height on a phone, where layers stand below each other. */
const TALL = 400;

const nodeTypes = { service: ServiceNode };

/** Who called whom: layered from left to right, width = calls, red = failures. */
export function CallGraph({ nodes, edges, label, height = 260 }: CallGraphProps) {
  const navigate = useNavigate();
  const { theme } = usePreferences();
  const direction = (Grid.useBreakpoint().md ?? true) ? "LR" : "TB";
  const flow = useMemo(() => toFlow({ nodes, edges }, theme, direction), [nodes, edges, theme, direction]);
  return (
    <div className="call-graph" style={{ height: direction === "LR" ? height : TALL }} role="img" aria-label={label}>
      <ReactFlow
        key={direction + flow.nodes.map((node) => node.id).join(" ")}
        nodes={flow.nodes}
        edges={flow.edges}
        nodeTypes={nodeTypes}
        colorMode={theme}
        fitView
        fitViewOptions={{ padding: 0.1, maxZoom: 1 }}
        minZoom={0.2}
        nodesDraggable={false}
        nodesConnectable={false}
        edgesFocusable={false}
        preventScrolling={false}
        zoomOnScroll={false}
        proOptions={{ hideAttribution: true }}
        onNodeClick={(_, node) => {
          if (node.data.node.to) void navigate(node.data.node.to);
        }}
      />
    </div>
  );
}

function ServiceNode({ data }: NodeProps<FlowNode>) {
  const { node, direction } = data;
  const across = direction === "LR";
  const names = [
    "graph-node",
    node.failed ? "failed" : "",
    node.unknown ? "unknown" : "",
    node.current ? "current" : "",
    node.to ? "linked" : "",
  ];
  return (
    <div className={names.filter(Boolean).join(" ")} title={node.title}>
      <Handle type="target" position={across ? Position.Left : Position.Top} />
      <strong className="ellipsis">{node.title}</strong>
      <span className="ellipsis">{node.text}</span>
      <Handle type="source" position={across ? Position.Right : Position.Bottom} />
    </div>
  );
}

function toFlow(
  { nodes, edges }: Pick<CallGraphProps, "nodes" | "edges">,
  theme: "light" | "dark",
  direction: Direction,
): { nodes: FlowNode[]; edges: Edge[] } {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const placed = layoutLayers([...byId.keys()], edges, direction);
  return {
    nodes: placed.map(({ id, x, y }) => ({
      id,
      type: "service" as const,
      position: { x, y },
      data: { node: byId.get(id) ?? { id, title: id, text: "" }, direction },
    })),
    edges: edges.map((edge) => {
      const colour = edge.failed ? ERROR_COLOUR[theme] : AXIS_COLOUR[theme];
      return {
        id: `${edge.from}>${edge.to}`,
        source: edge.from,
        target: edge.to,
        label: edge.label,
        style: { stroke: colour, strokeWidth: 1 + 3 * edge.share },
        labelStyle: { fill: colour, fontSize: 11 },
        labelBgStyle: { fill: "var(--bg)" },
        markerEnd: { type: MarkerType.ArrowClosed, color: colour },
      };
    }),
  };
}
