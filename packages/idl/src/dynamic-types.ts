import {
  createMessageType,
  type EnumType,
  type FieldInfo,
  type MessageType,
  type MethodType,
  type ServiceType,
} from "@msec/protocol";
import {
  allEnums,
  allMessages,
  type EnumModel,
  type FieldModel,
  type IdlModel,
  type MessageModel,
  type ServiceModel,
} from "./model.js";

/** Types of an IDL that was read at run time; keyed by full name. */
export interface DynamicTypes {
  readonly messages: ReadonlyMap<string, MessageType>;
  readonly enums: ReadonlyMap<string, EnumType>;
  readonly services: ReadonlyMap<string, ServiceType>;
  /** Every method by what travels in the head: `package.Service.Method`. */
  readonly methods: ReadonlyMap<string, MethodType>;
}

/** Builds the types that `msec call` and the console need to talk to a service whose code they don't have. */
export function createDynamicTypes(model: IdlModel): DynamicTypes {
  const messages = new Map<string, MessageType>();
  const enums = new Map<string, EnumType>();
  for (const type of allEnums(model)) enums.set(type.fullName, createEnum(type));
  for (const message of allMessages(model)) messages.set(message.fullName, createMessage(message, { messages, enums }));
  const services = new Map(model.services.map((service) => [service.fullName, createService(service, messages)]));
  const methods = [...services.values()].flatMap((service) => Object.values(service.methods));
  return { messages, enums, services, methods: new Map(methods.map((method) => [method.fullName, method])) };
}

/** Of several names of one number the first is its name. */
function createEnum(type: EnumModel): EnumType {
  const valueByName: Record<string, number> = {};
  const nameByValue: Record<number, string> = {};
  for (const { name, number } of type.values) {
    valueByName[name] = number;
    nameByValue[number] ??= name;
  }
  return { typeName: type.fullName, valueByName, nameByValue };
}

type TypeMaps = Pick<DynamicTypes, "messages" | "enums">;

function createMessage(message: MessageModel, maps: TypeMaps): MessageType {
  return createMessageType(
    message.fullName,
    message.fields.map((field) => createField(field, maps)),
  );
}

function createField(field: FieldModel, maps: TypeMaps): FieldInfo {
  const { name, number, label, packed, defaultValue } = field;
  const common = { name, number, label, packed, ...(defaultValue === undefined ? {} : { defaultValue }) };
  const { type } = field;
  switch (type.kind) {
    case "scalar":
      return { ...common, kind: "scalar", scalar: type.scalar };
    case "enum":
      return { ...common, kind: "enum", type: () => known(maps.enums, type.fullName) };
    case "message":
      return { ...common, kind: "message", type: () => known(maps.messages, type.fullName) };
  }
}

function createService(service: ServiceModel, messages: TypeMaps["messages"]): ServiceType {
  const methods: Record<string, MethodType> = {};
  for (const { name, fullName, inputType, outputType, isIdempotent } of service.methods) {
    const input = known(messages, inputType);
    methods[name] = { name, fullName, input, output: known(messages, outputType), isIdempotent };
  }
  return { typeName: service.fullName, methods };
}

/** The linker has resolved every name. */
function known<T>(map: ReadonlyMap<string, T>, fullName: string): T {
  return map.get(fullName) as T;
}
