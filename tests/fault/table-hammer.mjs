// Picks and reports on a live table without a pause: node table-hammer.mjs <table> <seed>
// Messages: {do: "go"} until told otherwise, {do: "go", calls} so many, {do: "freeze"} to stop between two operations.
// Answers: "ready", {calls} when so many are done, {held: {address: calls in flight}} when frozen.
import { Balancer, seededRandom } from "@msec/balancer";
import { bootNowMs, openLiveTable } from "@msec/shm";

const [path, seed] = process.argv.slice(2);
const random = seededRandom(Number(seed));
const table = openLiveTable(path);
const balancer = new Balancer(table, { nowMs: bootNowMs, random });
const held = [];
let isRunning = false;
let callsLeft = Number.POSITIVE_INFINITY;

const outcomeOf = (draw) => {
  if (draw < 0.9) return "success";
  if (draw < 0.95) return "error";
  return draw < 0.97 ? "refused" : "cancelled";
};

function finish() {
  const call = held.shift();
  balancer.report({ ...call, outcome: outcomeOf(random()), latencyMs: random() * 5 });
}

function turn() {
  if (!isRunning) return;
  for (let n = 0; n < 200 && callsLeft > 0; n += 1) {
    const slot = balancer.pick([]);
    callsLeft -= 1;
    if (slot >= 0) held.push({ slot, generation: table.generation(slot) });
    if (held.length > 3) finish();
  }
  if (callsLeft > 0) {
    setImmediate(turn);
    return;
  }
  while (held.length > 0) finish();
  process.send({ calls: "done" });
}

function heldByAddress() {
  table.refresh();
  const counts = {};
  for (const { slot, generation } of held) {
    if (table.generation(slot) !== generation) continue;
    const address = table.address(slot);
    counts[address] = (counts[address] ?? 0) + 1;
  }
  return counts;
}

process.on("message", (order) => {
  const wasRunning = isRunning;
  isRunning = order.do === "go";
  if (order.calls !== undefined) callsLeft = order.calls;
  if (!isRunning) process.send({ held: heldByAddress() });
  else if (!wasRunning) setImmediate(turn);
});
process.send("ready");
