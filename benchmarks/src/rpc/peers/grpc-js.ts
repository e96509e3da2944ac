/** `@grpc/grpc-js`, unary calls with the same message codec as ours. A channel is one HTTP/2 connection. */
import * as grpc from "@grpc/grpc-js";
import { deserializeEcho, type EchoMessage, serializeEcho } from "../echo-message.js";
import { type Caller, type EchoDone, type OpenOptions, type Peer, roundRobin, type ServeOptions } from "./peer.js";

const PATH = "/bench.EchoService/Echo";
const TIMEOUT_MS = 10_000;

function serve({ port: wanted }: ServeOptions): Promise<number> {
  const server = new grpc.Server();
  const definition: grpc.ServiceDefinition = {
    Echo: {
      path: PATH,
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
    server.bindAsync(`127.0.0.1:${wanted}`, grpc.ServerCredentials.createInsecure(), (error, port) => {
      if (error) reject(error);
      else resolve(port);
    });
  });
}

function openChannel(port: number): grpc.Client {
  // Without a pool of its own every channel to one address shares one connection.
  return new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), {
    "grpc.use_local_subchannel_pool": 1,
  });
}

function call(client: grpc.Client, text: string, done: EchoDone): void {
  const deadline = Date.now() + TIMEOUT_MS;
  client.makeUnaryRequest(PATH, serializeEcho, deserializeEcho, { text }, { deadline }, (error, answer) =>
    done(error ?? undefined, answer?.text),
  );
}

async function open({ port, connections, isShort }: OpenOptions): Promise<Caller> {
  if (isShort) {
    return {
      kind: "callback",
      call: (text, done) => {
        const client = openChannel(port);
        call(client, text, (error, answer) => {
          client.close();
          done(error, answer);
        });
      },
    };
  }
  const next = roundRobin(Array.from({ length: connections }, () => openChannel(port)));
  return { kind: "callback", call: (text, done) => call(next(), text, done) };
}

/** See the head of this file. */
export const grpcJs: Peer = { serve, open };
