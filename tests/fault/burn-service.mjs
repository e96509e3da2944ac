/** A service whose handler keeps the processor busy: `node burn-service.mjs` serves it and prints its port in the ready line. */
import { pathToFileURL } from "node:url";
import { ProtoReader } from "@msec/protocol";
import { bindService, createRpcServer } from "@msec/rpc";

const BurnMessage = {
  typeName: "burn.BurnMessage",
  fields: [{ kind: "scalar", scalar: "uint32", name: "costUs", number: 1, label: "required", packed: false }],
  encode: (message, writer) => writer.uint32(8).uint32(message.costUs),
  decode(bytes, start, end) {
    const reader = new ProtoReader(bytes, start, end);
    const message = { costUs: 0 };
    while (reader.pos < reader.end) {
      const tag = reader.tag();
      if (tag === 8) message.costUs = reader.uint32();
      else reader.skip(tag);
    }
    return message;
  },
};

const method = { input: BurnMessage, output: BurnMessage, isIdempotent: true };
export const BurnService = {
  typeName: "burn.BurnService",
  methods: { Burn: { ...method, name: "Burn", fullName: "burn.BurnService.Burn" } },
};

function burn({ costUs }) {
  const endMs = performance.now() + costUs / 1000;
  while (performance.now() < endMs);
  return { costUs };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const server = createRpcServer({ service: "Burn.burn", services: [bindService(BurnService, { burn })] });
  const { port } = await server.listen({ host: "127.0.0.1" });
  process.stdout.write(`${JSON.stringify({ msg: "ready", port })}\n`);
}
