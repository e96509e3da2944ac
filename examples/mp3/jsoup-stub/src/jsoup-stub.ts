/**
 * Stands in for Jsoup.jsoup: lists recordings over TCP in a protocol that is not ours. A message is the length of its JSON as ten
 * characters, left-aligned, and the JSON.
 */
import { once } from "node:events";
import { createServer, type Socket } from "node:net";

const PREFIX_BYTES = 10;
const MAX_REQUEST_BYTES = 64 << 10;

export interface Mp3 {
  readonly title: string;
  readonly url: string;
}

export interface JsoupStubOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any. */
  readonly port?: number;
  /** Recordings by type, `standard` or `special`. Other types are answered with status 1. */
  readonly lists: Readonly<Record<string, readonly Mp3[]>>;
}

export interface JsoupStub {
  readonly host: string;
  readonly port: number;
  /** Requests answered so far. */
  readonly answered: number;
  close(): Promise<void>;
}

export async function startJsoupStub(options: JsoupStubOptions): Promise<JsoupStub> {
  const { host = "127.0.0.1", port = 0, lists } = options;
  const sockets = new Set<Socket>();
  let answered = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => socket.destroy());
    answerEach(socket, (request) => {
      answered++;
      return answerOf(request, lists);
    });
  });
  server.listen(port, host);
  await once(server, "listening");
  const address = server.address();
  return {
    host,
    port: typeof address === "object" && address !== null ? address.port : port,
    get answered() {
      return answered;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** Requests of one connection, in whatever pieces they come. A peer that speaks something else is cut off. */
function answerEach(socket: Socket, answer: (request: unknown) => unknown): void {
  let received = Buffer.alloc(0);
  socket.on("data", (chunk) => {
    received = Buffer.concat([received, chunk]);
    while (received.length >= PREFIX_BYTES) {
      const prefix = received.subarray(0, PREFIX_BYTES).toString("latin1");
      const end = /^\d{1,9} *$/.test(prefix) ? PREFIX_BYTES + Number(prefix) : Number.POSITIVE_INFINITY;
      if (end > MAX_REQUEST_BYTES) {
        socket.destroy();
        return;
      }
      if (received.length < end) return;
      socket.write(encode(answer(parse(received.subarray(PREFIX_BYTES, end)))));
      received = received.subarray(end);
    }
  });
}

function parse(json: Buffer): unknown {
  try {
    return JSON.parse(json.toString());
  } catch {
    return undefined;
  }
}

function answerOf(request: unknown, lists: JsoupStubOptions["lists"]): unknown {
  const { handleClass, requestBody } = (request ?? {}) as { handleClass?: unknown; requestBody?: { type?: unknown } };
  const type = String(requestBody?.type);
  const mp3s = Object.hasOwn(lists, type) ? lists[type] : undefined;
  return handleClass === "com.bison.GetMP3List" && mp3s ? { status: 0, mp3s } : { status: 1 };
}

function encode(value: unknown): Buffer {
  const json = Buffer.from(JSON.stringify(value));
  return Buffer.concat([Buffer.from(String(json.length).padEnd(PREFIX_BYTES)), json]);
}
