import { MAX_NAME_LENGTH, NAME_PATTERN } from "@msec/core";
import { type Static, Type } from "typebox";
import { Strict } from "./route.js";

/** First- or second-level name, login name or version tag. */
export const Name = (description: string) =>
  Type.String({ pattern: NAME_PATTERN, minLength: 2, maxLength: MAX_NAME_LENGTH, description });

/** Free note of a version, plan or machine. */
export const Memo = Type.String({ maxLength: 140, default: "", description: "free note" });

export const Port = Type.Integer({ minimum: 1, maximum: 65_535 });

export const Ipv4 = Type.String({
  pattern: "^(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)(\\.(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)){3}$",
  description: "IPv4 address",
});

/** IPv4 or IPv6; the console brings it to the usual text. */
export const Ip = Type.String({ pattern: "^[0-9A-Fa-f:.]{2,45}$", description: "IPv4 or IPv6 address" });

/** `ip:port`, the identity of an instance. */
export const InstanceAddress = Type.String({
  pattern: "^([0-9.]{7,15}|\\[[0-9A-Fa-f:.]{2,45}\\]):[0-9]{1,5}$",
  description: "ip:port, or [ip]:port for IPv6",
});

const Label = (description: string) => Type.String({ pattern: "^[A-Za-z0-9._-]{0,32}$", description });
const labels = {
  zone: Label("data centre or availability zone; empty = none"),
  rack: Label("within its zone; empty = none"),
  set: Label("partition, for services that keep to the caller's own; empty = none"),
};
/** Where a machine or an instance is. */
export const Labels = Strict(labels);
export type Labels = Static<typeof Labels>;
/** Labels to change; what is missing stays. */
export const LabelChange = Type.Partial(Labels, { additionalProperties: false });

/** `First.Second`. */
export const FullName = Type.String({ maxLength: 2 * MAX_NAME_LENGTH + 1, description: "First.Second" });

export const ServiceParams = Strict({ first: Name("first level"), second: Name("second level") });
export const TagParams = Strict({ first: Name("first level"), second: Name("second level"), tag: Name("version tag") });
