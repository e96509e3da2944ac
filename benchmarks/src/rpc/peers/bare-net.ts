/**
 * The least that a service on `node:net` does without a framework: a length (uint32, big-endian) before each body, one write per
 * message, both ways. The body is the same protobuf message as everywhere.
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { deserializeEcho, serializeEcho } from "../echo-message.js";
import { type Caller, type EchoDone, type OpenOptions, type Peer, roundRobin, type ServeOptions } from "./peer.js";

const PREFIX_BYTES = 4;

/** Gives each complete body of the chunks to `onBody`. */
function createSplitter(onBody: (body: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer | undefined;
  return (chunk) => {
    const input = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
    let pos = 0;
    while (input.length - pos >= PREFIX_BYTES) {
      const end = pos + PREFIX_BYTES + input.readUInt32BE(pos);
      if (end > input.length) break;
      onBody(input.subarray(pos + PREFIX_BYTES, end));
      pos = end;
    }
    rest = pos < input.length ? input.subarray(pos) : undefined;
  };
}

function messageOf(body: Buffer): Buffer {
  const message = Buffer.allocUnsafe(PREFIX_BYTES + body.length);
  message.writeUInt32BE(body.length, 0);
  body.copy(message, PREFIX_BYTES);
  return message;
}

async function serve({ isShort, port }: ServeOptions): Promise<number> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on("error", () => socket.destroy());
    socket.on(
      "data",
      createSplitter((body) => {
        const reply = messageOf(serializeEcho(deserializeEcho(body)));
        if (isShort) socket.end(reply);
        else socket.write(reply);
      }),
    );
  });
  server.listen({ port, host: "127.0.0.1", backlog: 1024 });
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

class Connection {
  readonly #socket: Socket;
  readonly #waiting: EchoDone[] = [];

  constructor(port: number) {
    this.#socket = connect({ port, host: "127.0.0.1", noDelay: true });
    this.#socket.on(
      "data",
      createSplitter((body) => this.#waiting.shift()?.(undefined, deserializeEcho(body).text)),
    );
    this.#socket.on("error", (error) => this.#fail(error));
    this.#socket.on("close", () => this.#fail(new Error("connection closed")));
  }

  call(text: string, done: EchoDone): void {
    this.#waiting.push(done);
    this.#socket.write(messageOf(serializeEcho({ text })));
  }

  end(): void {
    this.#socket.end();
  }

  #fail(error: Error): void {
    for (const done of this.#waiting.splice(0)) done(error, undefined);
  }
}

async function open({ port, connections, isShort }: OpenOptions): Promise<Caller> {
  if (isShort) {
    return {
      kind: "callback",
      call: (text, done) => {
        const connection = new Connection(port);
        connection.call(text, (error, answer) => {
          connection.end();
          done(error, answer);
        });
      },
    };
  }
  const next = roundRobin(Array.from({ length: connections }, () => new Connection(port)));
  return { kind: "callback", call: (text, done) => next().call(text, done) };
}

/** See the head of this file. */
export const bareNet: Peer = { serve, open };
