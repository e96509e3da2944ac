/**
 * `@tars/rpc`. Servant and proxy are what its generator would make of
 *
 *   struct Echo { 0 require string text; };
 *   interface EchoService { Echo echo(Echo request); };
 */

import { freePort } from "@msec/testkit";
import { Communicator, server, error as tarsError } from "@tars/rpc";
import tarsStream from "@tars/stream";
import { type Caller, type OpenOptions, type Peer, roundRobin, type ServeOptions } from "./peer.js";

const OBJECT = "Bench.EchoServer.EchoObj";
const TIMEOUT_MS = 10_000;
const { TarsInputStream, TarsOutputStream } = tarsStream;
type Input = InstanceType<typeof TarsInputStream>;
type Output = InstanceType<typeof TarsOutputStream>;
type BinBuffer = ReturnType<Output["getBinBuffer"]>;

class Echo {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  static _readFrom(input: Input): Echo {
    return new Echo(input.readString(0, true));
  }

  _writeTo(output: Output): void {
    output.writeString(0, this.text);
  }
}

function encode(echo: Echo, tag: number): BinBuffer {
  const output = new TarsOutputStream();
  output.writeStruct(tag, echo);
  return output.getBinBuffer();
}

function decode(bytes: BinBuffer, tag: number): Echo {
  return new TarsInputStream(bytes).readStruct(tag, true, Echo as never);
}

interface Current {
  doResponse(bytes: BinBuffer): void;
}

class EchoServant {
  initialize(): void {
    // The library asks for it.
  }

  onDispatch(current: Current, functionName: string, bytes: BinBuffer): number {
    if (functionName !== "echo") return tarsError.SERVER.FUNC_NOT_FOUND;
    current.doResponse(encode(decode(bytes, 1), 0));
    return tarsError.SUCCESS;
  }
}

interface Answer {
  readonly response: { readonly sBuffer: BinBuffer };
}

class EchoProxy {
  /** Set by the communicator. */
  declare readonly _worker: { tars_invoke(name: string, bytes: BinBuffer): Promise<Answer> };

  echo(request: Echo): Promise<Echo> {
    return this._worker.tars_invoke("echo", encode(request, 1)).then((answer) => decode(answer.response.sBuffer, 0));
  }
}

function endpoint(transport: string, port: number): string {
  return `${transport} -h 127.0.0.1 -p ${port} -t 60000`;
}

async function serve({ transport, port }: ServeOptions): Promise<number> {
  const chosen = port === 0 ? await freePort() : port;
  await server.createServer(EchoServant).start({
    name: `${OBJECT}Adapter`,
    servant: OBJECT,
    endpoint: endpoint(transport, chosen),
    protocol: "tars",
    maxconns: 200_000,
  });
  return chosen;
}

function connect({ transport, port }: OpenOptions): { proxy: EchoProxy; communicator: Communicator } {
  const communicator = Communicator.New();
  communicator.setProperty("timeout", TIMEOUT_MS);
  return { communicator, proxy: communicator.stringToProxy(EchoProxy, `${OBJECT}@${endpoint(transport, port)}`) };
}

async function open(options: OpenOptions): Promise<Caller> {
  if (options.isShort) {
    return {
      kind: "promise",
      call: async (text) => {
        const { proxy, communicator } = connect(options);
        try {
          return await proxy.echo(new Echo(text));
        } finally {
          communicator.destroy();
        }
      },
    };
  }
  const next = roundRobin(Array.from({ length: options.connections }, () => connect(options).proxy));
  return { kind: "promise", call: (text) => next().echo(new Echo(text)) };
}

/** See the head of this file. */
export const tars: Peer = { serve, open };
