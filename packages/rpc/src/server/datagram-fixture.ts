/** A peer that sends datagrams as it likes. Only for tests. */
import { createSocket, type Socket } from "node:dgram";
import type { HostPort } from "@msec/core";
import { createFrameSlice, createHead, decodeHead, frameLength, type RpcHead, sliceFrame } from "@msec/protocol";
import { expect, onTestFinished } from "vitest";
import { requestFrame, until } from "./server-fixture.js";

export class RawDatagrams {
  readonly #socket: Socket;
  readonly received: Uint8Array[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("message", (bytes) => void this.received.push(bytes));
    socket.on("error", () => undefined);
  }

  static async open(to: HostPort): Promise<RawDatagrams> {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    await new Promise<void>((resolve) => socket.connect(to.port, to.host, resolve));
    onTestFinished(() => void socket.close());
    return new RawDatagrams(socket);
  }

  send(bytes: Uint8Array): void {
    this.#socket.send(bytes);
  }

  heads(): RpcHead[] {
    return this.received.map((bytes) => {
      expect(frameLength(bytes, 0, bytes.length, 1 << 16)).toBe(bytes.length);
      const head = createHead();
      const slice = sliceFrame(bytes, 0, createFrameSlice());
      decodeHead(bytes, slice.headStart, slice.headEnd, head);
      return head;
    });
  }

  /** What a well-behaved request sent after the others gets: what was ignored before it stays ignored. */
  async settle(): Promise<RpcHead[]> {
    this.send(requestFrame(999, "settle"));
    await until(() => this.heads().some((head) => head.sequenceLow === 999));
    return this.heads().filter((head) => head.sequenceLow !== 999);
  }
}
