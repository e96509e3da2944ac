import type { RequestGraph } from "@msec/api-schema";
import { formatDuration } from "../format/format.js";
import type { GraphEdge, GraphNode } from "../graph/call-graph.js";

/** Nodes and edges of the picture of one request. Pure. */
export function requestGraph(request: RequestGraph): { readonly nodes: GraphNode[]; readonly edges: GraphEdge[] } {
  const most = Math.max(1, ...request.edges.map((edge) => edge.calls));
  const names = new Set(request.edges.flatMap((edge) => [edge.from, edge.to]));
  for (const hop of request.hops) names.add(hop.service);
  const nodes = [...names].map((name) => {
    const hops = request.hops.filter((hop) => hop.service === name);
    const addresses = [...new Set(hops.map((hop) => hop.address).filter(Boolean))];
    return {
      id: name || "?",
      title: name || "?",
      text: addresses.slice(0, 2).join(", ") + (addresses.length > 2 ? " …" : ""),
      failed: hops.some((hop) => hop.err !== 0 || hop.reason !== ""),
      ...(/^\w+\.\w+$/.test(name) && hops.length > 0 ? { to: `/services/${name.replace(".", "/")}` } : {}),
    };
  });
  const edges = request.edges.map((edge) => ({
    from: edge.from || "?",
    to: edge.to || "?",
    label: `${edge.calls > 1 ? `${edge.calls} × ` : ""}${formatDuration(edge.costMs)}${edge.failures > 0 ? ` ✕ ${edge.failures}` : ""}`,
    failed: edge.failures > 0,
    share: edge.calls / most,
  }));
  return { nodes, edges };
}
