import type { RequestGraph } from "@msec/api-schema";
import type { GraphEdge, GraphNode } from "../graph/call-graph.js";

const OUTSIDE = "outside";

interface GraphWords {
  /** Name of a caller that is not a service of ours. */
  readonly outside: string;
  readonly edge: (edge: RequestGraph["edges"][number]) => string;
}

/** Nodes and edges of the picture of one request. Pure. */
export function requestGraph(
  request: RequestGraph,
  words: GraphWords,
): { readonly nodes: GraphNode[]; readonly edges: GraphEdge[] } {
  const most = Math.max(1, ...request.edges.map((edge) => edge.calls));
  const names = new Set(request.edges.flatMap((edge) => [edge.from, edge.to]));
  for (const hop of request.hops) names.add(hop.service);
  const nodes = [...names].map((name) => {
    const hops = request.hops.filter((hop) => hop.service === name);
    const addresses = [...new Set(hops.map((hop) => hop.address).filter(Boolean))];
    return {
      id: name || OUTSIDE,
      title: name || words.outside,
      unknown: hops.length === 0,
      text: addresses.slice(0, 2).join(", ") + (addresses.length > 2 ? " …" : ""),
      failed: hops.some((hop) => hop.err !== 0 || hop.reason !== ""),
      ...(/^\w+\.\w+$/.test(name) && hops.length > 0 ? { to: `/services/${name.replace(".", "/")}` } : {}),
    };
  });
  const edges = request.edges.map((edge) => ({
    from: edge.from || OUTSIDE,
    to: edge.to || OUTSIDE,
    label: words.edge(edge),
    failed: edge.failures > 0,
    share: edge.calls / most,
  }));
  return { nodes, edges };
}
