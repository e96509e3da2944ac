/** What is compared: how to serve and how to call an echo. Callers run a number of calls at a time until they are told to stop. */
import * as grpc from "@grpc/grpc-js";
import { bindService, createRpcClient, createRpcServer, type Picker } from "@msec/rpc";
import { deserializeEcho, type EchoMessage, EchoService, serializeEcho } from "./rpc-message.js";

/** Names of the variants; the first two are the comparison, the others tell what parts of ours cost. */
export const PEER_NAMES = ["msec", "grpc-js", "msec-async", "msec-no-context", "msec-async-no-context"] as const;
export type PeerName = (typeof PEER_NAMES)[number];

/** One call; `done` gets the error or the answer. */
export type EchoCall = (text: string, done: (error: unknown, text: string | undefined) => void) => void;

const GRPC_PATH = "/bench.EchoService/Echo";

async function serveMsec(asyncContext: boolean): Promise<number> {
  const server = createRpcServer({
    service: "Bench.echo",
    services: [bindService(EchoService, { echo: (request) => request, echoAsync: async (request) => request })],
    asyncContext,
  });
  return (await server.listen({ host: "127.0.0.1" })).port;
}

function serveGrpc(): Promise<number> {
  const server = new grpc.Server();
  const definition: grpc.ServiceDefinition = {
    Echo: {
      path: GRPC_PATH,
      requestStream: false,
      responseStream: false,
      requestSerialize: serializeEcho,
      requestDeserialize: deserializeEcho,
      responseSerialize: serializeEcho,
      responseDeserialize: deserializeEcho,
    },
  };
  server.addService(definition, {
    Echo: (call: grpc.ServerUnaryCall<EchoMessage, EchoMessage>, callback: grpc.sendUnaryData<EchoMessage>) =>
      callback(null, call.request),
  });
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
      if (error) reject(error);
      else resolve(port);
    });
  });
}

/** Starts serving in this process and gives the port. */
export function serve(peer: PeerName): Promise<number> {
  return peer === "grpc-js" ? serveGrpc() : serveMsec(!peer.endsWith("no-context"));
}

function callMsec(port: number, isAsync: boolean): EchoCall {
  const picker: Picker = { pick: () => ({ host: "127.0.0.1", port, transport: "tcp", report: () => undefined }) };
  const client = createRpcClient({ service: "Bench.caller", picker });
  const method = isAsync ? EchoService.methods.EchoAsync : EchoService.methods.Echo;
  return (text, done) => {
    client.call(method, "Bench.echo", { text }, { timeoutMs: 10_000 }).then(
      (answer) => done(undefined, answer.text),
      (error: unknown) => done(error, undefined),
    );
  };
}

function callGrpc(port: number): EchoCall {
  const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  return (text, done) => {
    const deadline = Date.now() + 10_000;
    client.makeUnaryRequest(GRPC_PATH, serializeEcho, deserializeEcho, { text }, { deadline }, (error, answer) =>
      done(error ?? undefined, answer?.text),
    );
  };
}

export function openCaller(peer: PeerName, port: number): EchoCall {
  return peer === "grpc-js" ? callGrpc(port) : callMsec(port, peer.startsWith("msec-async"));
}
