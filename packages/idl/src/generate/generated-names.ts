/** Names of the generated TypeScript: derived by rule, and made unique by underscores where a rule meets a taken name. */
import { allEnums, allMessages, type IdlModel } from "../model.js";
import type { Position } from "../problem.js";

/** Words that can't be declared in a module, types of the language, and what generated code itself uses. */
const RESERVED = new Set(
  (
    "break case catch class const continue debugger default delete do else enum export extends false finally for function if " +
    "import in instanceof new null return super switch this throw true try typeof var void while with yield let static await " +
    "implements interface package private protected public async arguments eval undefined NaN Infinity " +
    "any unknown never string number boolean bigint symbol object type as satisfies is keyof readonly " +
    "Array Uint8Array Object Readonly Record Number BigInt Symbol globalThis " +
    "EnumType FieldInfo MessageType MethodType ServiceType ProtoReader ProtoWriter " +
    "checkArray checkBool checkBytes checkInt32 checkInt64 checkMessage checkNumber checkString checkUint32 checkUint64 failRequired " +
    "failField"
  ).split(" "),
);

export interface GeneratedNames {
  /** TypeScript name of each message, enum and service by its full name. */
  readonly typeNames: ReadonlyMap<string, string>;
  /** Name of the interface a message is written as, by its full name. */
  readonly initNames: ReadonlyMap<string, string>;
}

interface NameNote {
  readonly at: Position;
  readonly message: string;
}

/** Names by rule: `Outer_Inner`, `OuterInit`, and UpperCamel for services. */
export function generatedNames(model: IdlModel): GeneratedNames {
  return allot(model).names;
}

/** One note for each name that differs from the rule. */
export function generatedNameNotes(model: IdlModel): readonly NameNote[] {
  return allot(model).notes;
}

/** `flight_service` → `FlightService`. */
export function upperCamel(name: string): string {
  const camel = name
    .split("_")
    .map((part) => part.slice(0, 1).toUpperCase() + part.slice(1))
    .join("");
  return /^[A-Za-z]/.test(camel) ? camel : `_${camel}`;
}

function allot(model: IdlModel): { names: GeneratedNames; notes: NameNote[] } {
  const taken = new Set(RESERVED);
  const notes: NameNote[] = [];
  const take = (wanted: string, at: Position): string => {
    let name = wanted;
    while (taken.has(name)) name += "_";
    taken.add(name);
    if (name !== wanted) notes.push({ at, message: `generated as ${name}, since ${wanted} is taken` });
    return name;
  };
  const prefix = model.packageName === "" ? 0 : model.packageName.length + 1;
  const typeNames = new Map<string, string>();
  const initNames = new Map<string, string>();
  const messages = allMessages(model);
  for (const { fullName, at } of [...messages, ...allEnums(model)]) {
    typeNames.set(fullName, take(fullName.slice(prefix).replaceAll(".", "_"), at));
  }
  for (const { fullName, name, at } of model.services) typeNames.set(fullName, take(upperCamel(name), at));
  for (const { fullName, at } of messages) initNames.set(fullName, take(`${typeNames.get(fullName)}Init`, at));
  return { names: { typeNames, initNames }, notes };
}
