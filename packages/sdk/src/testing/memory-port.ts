/** A UDP port inside one process. */
import { AsyncResource } from "node:async_hooks";
import type { OpenUdpOptions, UdpPort } from "@msec/net";
import type { MemoryAddress } from "./memory-socket.js";

export interface PortNetwork {
  onClose(): void;
  carry(bytes: Uint8Array, to: MemoryAddress): void;
}

export class MemoryPort implements UdpPort {
  readonly address: MemoryAddress;
  readonly isListening: boolean;
  readonly #options: OpenUdpOptions;
  readonly #network: PortNetwork;
  /** What arrives belongs to whoever opened the port. */
  readonly #scope = new AsyncResource("MemoryPort");
  #isOpen = true;

  constructor(address: MemoryAddress, options: OpenUdpOptions, network: PortNetwork) {
    this.address = address;
    this.isListening = options.peer === undefined;
    this.#options = options;
    this.#network = network;
  }

  send(bytes: Uint8Array, to: MemoryAddress | undefined = this.#options.peer): void {
    if (this.#isOpen && to !== undefined) this.#network.carry(bytes, to);
  }

  receive(bytes: Uint8Array, from: MemoryAddress): void {
    if (this.#isOpen) this.#scope.runInAsyncScope(() => this.#options.onDatagram(bytes, from));
  }

  /** A datagram came back. */
  fail(error: Error): void {
    if (this.#isOpen) this.#scope.runInAsyncScope(() => this.#options.onError?.(error));
  }

  tryPauseInput(): boolean {
    return false;
  }

  unref(): void {
    // holds nothing
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#network.onClose();
  }
}
