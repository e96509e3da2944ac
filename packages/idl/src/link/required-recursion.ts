import { allMessages, type FieldModel, type MessageModel } from "../model.js";
import type { ProblemList } from "../problem.js";

/** A message that requires itself, directly or through others, can never be written. */
export function checkRequiredRecursion(messages: readonly MessageModel[], problems: ProblemList): void {
  const edges = allMessages({ messages }).flatMap((message) => {
    const required = message.fields.filter(({ label, type }) => label === "required" && type.kind === "message");
    return required.map((field) => ({ from: message, field, to: targetOf(field) }));
  });
  for (const { from, field } of inCircles(edges)) {
    const text = `field ${field.name} requires ${from.name} inside ${from.name}, without end; make it optional`;
    problems.error(field.at, "IDL_REQUIRED_RECURSION", text);
  }
}

interface Edge {
  readonly from: MessageModel;
  readonly field: FieldModel;
  readonly to: string;
}

/** Takes away edges that lead nowhere or come from nowhere, again and again; what is left are circles and ways between them. */
function inCircles(edges: readonly Edge[]): readonly Edge[] {
  const forward = prune(edges, (edge) => [edge.from.fullName, edge.to]);
  return prune(forward, (edge) => [edge.to, edge.from.fullName]);
}

/** Drops every edge whose far end has no edge onwards. Linear in the number of edges. */
function prune(edges: readonly Edge[], ends: (edge: Edge) => [near: string, far: string]): readonly Edge[] {
  const onwards = new Map<string, number>();
  const arriving = new Map<string, Edge[]>();
  for (const edge of edges) {
    const [near, far] = ends(edge);
    onwards.set(near, (onwards.get(near) ?? 0) + 1);
    const list = arriving.get(far);
    if (list) list.push(edge);
    else arriving.set(far, [edge]);
  }
  const dropped = new Set<Edge>();
  const dead = [...arriving.keys()].filter((name) => !onwards.has(name));
  for (let name = dead.pop(); name !== undefined; name = dead.pop()) {
    for (const edge of arriving.get(name) ?? []) {
      const [near] = ends(edge);
      dropped.add(edge);
      const left = (onwards.get(near) ?? 0) - 1;
      onwards.set(near, left);
      if (left === 0) dead.push(near);
    }
  }
  return edges.filter((edge) => !dropped.has(edge));
}

function targetOf({ type }: FieldModel): string {
  return type.kind === "message" ? type.fullName : "";
}
