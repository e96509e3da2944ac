import { createMessageType, type FieldInfo, type MessageType, type ScalarType } from "@msec/protocol";
import fc from "fast-check";

/** A message type with every scalar in every label, an enum and itself as sub-message; and messages of it at random. */

type Message = Record<string, unknown>;

const color = {
  typeName: "fuzz.Color",
  valueByName: { RED: 0, GREEN: 1, BLUE: -5 },
  nameByValue: { 0: "RED", 1: "GREEN", [-5]: "BLUE" },
};

const int32 = fc.integer();
const uint32 = fc.nat({ max: 0xffff_ffff });
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const bytes = fc.uint8Array({ maxLength: 40 });

/** Finite numbers and no minus zero, so that JSON can carry them. */
const ARBITRARIES: Record<ScalarType, fc.Arbitrary<unknown>> = {
  double: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  float: fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  int32,
  sint32: int32,
  sfixed32: int32,
  uint32,
  fixed32: uint32,
  int64,
  sint64: int64,
  sfixed64: int64,
  uint64,
  fixed64: uint64,
  bool: fc.boolean(),
  string: fc.string({ unit: "grapheme", maxLength: 60 }),
  bytes,
};

const scalars = Object.keys(ARBITRARIES) as ScalarType[];
const fields: FieldInfo[] = scalars.flatMap((scalar, index): FieldInfo[] => [
  { name: `opt_${scalar}`, number: index + 1, label: "optional", packed: false, kind: "scalar", scalar },
  { name: `list_${scalar}`, number: index + 101, label: "repeated", packed: index % 2 === 0, kind: "scalar", scalar },
]);
fields.push(
  { name: "id", number: 50, label: "required", packed: false, kind: "scalar", scalar: "uint32" },
  { name: "color", number: 51, label: "optional", packed: false, kind: "enum", type: () => color },
  { name: "child", number: 52, label: "optional", packed: false, kind: "message", type: () => KitchenSink },
  { name: "children", number: 5000, label: "repeated", packed: false, kind: "message", type: () => KitchenSink },
);

export const KitchenSink: MessageType<Message> = createMessageType<Message>("fuzz.KitchenSink", fields);

const flat: Record<string, fc.Arbitrary<unknown>> = { id: uint32, color: fc.constantFrom(0, 1, -5) };
for (const scalar of scalars) {
  flat[`opt_${scalar}`] = ARBITRARIES[scalar];
  flat[`list_${scalar}`] = fc.array(ARBITRARIES[scalar], { maxLength: 4 });
}
const requiredKeys = ["id", ...scalars.map((scalar) => `list_${scalar}`)];

/** Messages in the shape they are decoded to: lists always there, unset optional fields absent. */
export const kitchenSinks = fc
  .letrec<{ message: Message }>((tie) => ({
    message: fc.record(
      {
        ...flat,
        child: fc.oneof({ maxDepth: 2 }, fc.constant(undefined), tie("message")),
        children: fc.oneof({ maxDepth: 2 }, fc.constant([]), fc.array(tie("message"), { maxLength: 2 })),
      },
      { requiredKeys: [...requiredKeys, "children"] as never[] },
    ) as fc.Arbitrary<Message>,
  }))
  .message.map(withoutUndefined);

function withoutUndefined(message: Message): Message {
  return Object.fromEntries(Object.entries(message).filter(([, value]) => value !== undefined));
}
