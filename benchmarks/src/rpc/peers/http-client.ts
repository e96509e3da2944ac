/** The one HTTP/1.1 client of all HTTP peers: keep-alive connections on `node:net`, one call at a time on each, answers read as JSON. */
import { connect, type Socket } from "node:net";
import type { Caller, EchoDone, OpenOptions } from "./peer.js";

const HEAD_END = "\r\n\r\n";
const CONTENT_LENGTH = /\r\ncontent-length: *([0-9]+)/i;

/** Both shapes of an echo: what our entrance wraps around the answer, and the answer itself. */
interface EchoAnswer {
  readonly text?: string;
  readonly resultObj?: { readonly text: string };
}

class HttpConnection {
  readonly #socket: Socket;
  readonly #headLines: string;
  #done: EchoDone | undefined;
  #received = "";
  /** Length of the whole answer; 0 until its head is here. */
  #wanted = 0;

  constructor(port: number, target: string) {
    this.#headLines = `POST ${target} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\nContent-Length: `;
    this.#socket = connect({ port, host: "127.0.0.1", noDelay: true });
    // Texts are ASCII: characters are bytes.
    this.#socket.setEncoding("latin1");
    this.#socket.on("data", (chunk: string) => this.#onChunk(chunk));
    this.#socket.on("error", (error) => this.#end(error, undefined));
    this.#socket.on("close", () => this.#end(new Error("connection closed"), undefined));
  }

  /** False when the server has closed it, as `node:http` does after seconds without a request. */
  get isOpen(): boolean {
    return this.#socket.writable && !this.#socket.readableEnded;
  }

  call(text: string, done: EchoDone): void {
    this.#done = done;
    const body = JSON.stringify({ text });
    this.#socket.write(`${this.#headLines}${body.length}${HEAD_END}${body}`, "latin1");
  }

  #onChunk(chunk: string): void {
    this.#received += chunk;
    const headEnd = this.#wanted === 0 ? this.#received.indexOf(HEAD_END) : 0;
    if (headEnd > 0) {
      const length = CONTENT_LENGTH.exec(this.#received);
      this.#wanted = headEnd + HEAD_END.length + Number(length?.[1]);
    }
    if (this.#wanted === 0 || this.#received.length < this.#wanted) return;
    const received = this.#received;
    this.#received = "";
    this.#wanted = 0;
    this.#end(undefined, textOf(received));
  }

  #end(error: unknown, text: string | undefined): void {
    const done = this.#done;
    this.#done = undefined;
    done?.(error, text);
  }
}

/** `undefined`, which is no right answer, when it is no echo. */
function textOf(received: string): string | undefined {
  const answer = JSON.parse(received.slice(received.indexOf(HEAD_END))) as EchoAnswer;
  return answer.resultObj?.text ?? answer.text;
}

/** A free connection is there for each call as long as no more calls are in flight than connections. */
export function openHttp({ port, connections }: OpenOptions, target: string): Caller {
  const free = Array.from({ length: connections }, () => new HttpConnection(port, target));
  return {
    kind: "callback",
    call: (text, done) => {
      const last = free.pop();
      if (last === undefined) {
        done(new Error(`more calls than the ${connections} connections`), undefined);
        return;
      }
      const connection = last.isOpen ? last : new HttpConnection(port, target);
      connection.call(text, (error, answer) => {
        free.push(connection);
        done(error, answer);
      });
    },
  };
}
