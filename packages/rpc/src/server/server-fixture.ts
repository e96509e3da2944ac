/** A server with one method and a peer that writes bytes as it likes. Only for tests. */
import { connect, type Socket } from "node:net";
import {
  createFrameSlice,
  createHead,
  createMessageType,
  decodeHead,
  encodeFrame,
  frameLength,
  type MessageType,
  ProtoWriter,
  type RpcHead,
  sliceFrame,
} from "@msec/protocol";
import { expect, onTestFinished } from "vitest";
import { bindService, createRpcServer, type Handler, type RpcServer, type RpcServerOptions } from "../index.js";

export interface Text {
  text: string;
}
export const TextType: MessageType<Text, Text> = createMessageType<Text, Text>("test.Text", [
  { kind: "scalar", scalar: "string", name: "text", number: 1, label: "required", packed: false },
]);
export const method = { fullName: "test.Echo.Say", name: "Say", input: TextType, output: TextType, isIdempotent: true };
export const Echo = { typeName: "test.Echo", methods: { Say: method } };
export type Say = Handler<typeof method>;

export async function startServer(
  say: Say,
  options: Partial<RpcServerOptions> = {},
): Promise<{ server: RpcServer; port: number }> {
  const server = createRpcServer({
    service: "Test.echo",
    services: [bindService(Echo, { say })],
    ...options,
  });
  const { port } = await server.listen({ host: "127.0.0.1" });
  onTestFinished(async () => void (await server.stop({ graceMs: 0 })));
  return { server, port };
}

export function requestFrame(sequenceLow: number, text: string, head: Partial<RpcHead> = {}): Uint8Array {
  const writer = new ProtoWriter();
  TextType.encode({ text }, writer);
  return encodeFrame(
    { ...createHead(), sequenceLow, methodName: method.fullName, caller: "Test.peer", ...head },
    writer.view(),
  );
}

/** A peer that writes bytes as it likes and collects answers. */
export class RawPeer {
  readonly socket: Socket;
  #bytes: Buffer = Buffer.alloc(0);
  isClosed = false;

  constructor(port: number) {
    this.socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    this.socket.on("data", (chunk) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
    });
    this.socket.on("error", () => undefined);
    this.socket.on("end", () => this.socket.end());
    this.socket.on("close", () => {
      this.isClosed = true;
    });
    onTestFinished(() => void this.socket.destroy());
  }

  get text(): string {
    return this.#bytes.toString("utf8");
  }

  answers(): { head: RpcHead; text: string | undefined; sizeBytes: number }[] {
    const found: { head: RpcHead; text: string | undefined; sizeBytes: number }[] = [];
    for (let at = 0; ; ) {
      const size = frameLength(this.#bytes, at, this.#bytes.length, 1 << 24);
      if (size === 0) return found;
      const slice = sliceFrame(this.#bytes, at, createFrameSlice());
      const head = createHead();
      decodeHead(this.#bytes, slice.headStart, slice.headEnd, head);
      const hasBody = slice.bodyEnd > slice.bodyStart;
      const text = hasBody ? TextType.decode(this.#bytes, slice.bodyStart, slice.bodyEnd).text : undefined;
      found.push({ head, text, sizeBytes: size });
      at += size;
    }
  }
}

export async function until(isReached: () => boolean): Promise<void> {
  await expect.poll(isReached, { timeout: 5000, interval: 5 }).toBe(true);
}
