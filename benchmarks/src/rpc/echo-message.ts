/** The message that both sides of the comparison carry: one string field of 98 characters, 100 bytes on the wire. */
import { type MessageType, ProtoReader, ProtoWriter } from "@msec/protocol";

export interface EchoMessage {
  text: string;
}

/** What the IDL compiler would generate for `message EchoMessage { required string text = 1; }`. */
export const EchoMessageType: MessageType<EchoMessage, EchoMessage> = {
  typeName: "bench.EchoMessage",
  fields: [{ kind: "scalar", scalar: "string", name: "text", number: 1, label: "required", packed: false }],
  encode(message, writer) {
    writer.uint32(10).string(message.text);
  },
  decode(bytes, start, end) {
    const reader = new ProtoReader(bytes, start, end);
    const message: EchoMessage = { text: "" };
    while (reader.pos < reader.end) {
      const tag = reader.tag();
      if (tag === 10) message.text = reader.string();
      else reader.skip(tag);
    }
    return message;
  },
};

const methodOf = (name: string) => ({
  name,
  fullName: `bench.EchoService.${name}`,
  input: EchoMessageType,
  output: EchoMessageType,
  isIdempotent: false,
});

/** Echo, and what the published table of the archived system measured: a pause of 100 ms, and both behind a second server. */
export const EchoService = {
  typeName: "bench.EchoService",
  methods: {
    Echo: methodOf("Echo"),
    EchoAsync: methodOf("EchoAsync"),
    Sleep: methodOf("Sleep"),
    Forward: methodOf("Forward"),
    ForwardSleep: methodOf("ForwardSleep"),
  },
};

export type EchoMethod = keyof typeof EchoService.methods;

const TEXT_LENGTH = 98;

/** Different texts of 98 characters, 100 bytes of body each: one and the same would flatter whoever caches texts. */
export const TEXTS: readonly string[] = Array.from({ length: 1024 }, (_, i) =>
  `${i} ${"0123456789".repeat(10)}`.slice(0, TEXT_LENGTH),
);

const writer = new ProtoWriter();

/** For peers that want bytes. */
export function serializeEcho(message: EchoMessage): Buffer {
  EchoMessageType.encode(message, writer.reset());
  return Buffer.from(writer.view());
}

export function deserializeEcho(bytes: Buffer): EchoMessage {
  return EchoMessageType.decode(bytes, 0, bytes.length);
}
