import type { EnumModel, Reserved } from "../model.js";
import type { MessageSyntax } from "../parse/syntax-tree.js";
import type { Position, ProblemList } from "../problem.js";

const MAX_FIELD_NUMBER = 536_870_911;
const RESERVED_FROM = 19_000;
const RESERVED_TO = 19_999;
const MAX_INT32 = 2_147_483_647;

interface Numbered {
  readonly name: string;
  readonly number: number;
  readonly at: Position;
}

export function checkFieldNumbers(message: MessageSyntax, problems: ProblemList): void {
  checkReserved(message.reserved, { min: 1, max: MAX_FIELD_NUMBER }, problems);
  const byNumber = new Map<number, string>();
  for (const field of message.fields) {
    checkFieldNumber(field.number, field.numberAt, problems);
    const other = byNumber.get(field.number);
    if (other !== undefined) {
      const text = `number ${field.number} of field ${field.name} belongs to field ${other} already`;
      problems.error(field.numberAt, "IDL_FIELD_NUMBER_DUPLICATE", text);
    }
    byNumber.set(field.number, other ?? field.name);
    checkAgainstReserved({ ...field, at: field.numberAt }, message.reserved, problems);
  }
}

function checkFieldNumber(number: number, at: Position, problems: ProblemList): void {
  if (number < 1 || number > MAX_FIELD_NUMBER) {
    problems.error(at, "IDL_FIELD_NUMBER", `field number ${number} is outside 1 to ${MAX_FIELD_NUMBER}`);
  } else if (number >= RESERVED_FROM && number <= RESERVED_TO) {
    const range = `${RESERVED_FROM} to ${RESERVED_TO}`;
    problems.error(at, "IDL_FIELD_NUMBER", `field number ${number} is in ${range}, which protobuf keeps for itself`);
  }
}

export function checkEnumNumbers(type: EnumModel, syntax: "proto2" | "proto3", problems: ProblemList): void {
  checkReserved(type.reserved, { min: -MAX_INT32 - 1, max: MAX_INT32 }, problems);
  const first = type.values[0];
  if (!first) problems.error(type.at, "IDL_ENUM_EMPTY", `enum ${type.name} has no value`);
  if (first && syntax === "proto3" && first.number !== 0) {
    problems.error(
      first.at,
      "IDL_ENUM_VALUE",
      `the first value of a proto3 enum is 0, found ${first.name} = ${first.number}`,
    );
  }
  const byNumber = new Map<number, string>();
  for (const value of type.values) {
    checkEnumValue(value, problems);
    const other = byNumber.get(value.number);
    if (other !== undefined && !isAliasAllowed(type)) {
      const text = `${value.name} has the number ${value.number} of ${other}; allow_alias = true would permit it`;
      problems.error(value.at, "IDL_ENUM_NUMBER_DUPLICATE", text);
    }
    byNumber.set(value.number, other ?? value.name);
    checkAgainstReserved(value, type.reserved, problems);
  }
}

function checkEnumValue(value: Numbered, problems: ProblemList): void {
  if (value.number >= -MAX_INT32 - 1 && value.number <= MAX_INT32) return;
  problems.error(value.at, "IDL_ENUM_VALUE", `${value.name} = ${value.number} is not a 32-bit integer`);
}

function isAliasAllowed(type: EnumModel): boolean {
  return type.options.some(
    ({ name, value }) => name === "allow_alias" && value.kind === "word" && value.text === "true",
  );
}

function checkAgainstReserved(item: Numbered, reserved: Reserved, problems: ProblemList): void {
  const range = reserved.ranges.find(({ from, to }) => item.number >= from && item.number <= to);
  if (range) {
    problems.error(
      item.at,
      "IDL_RESERVED",
      `number ${item.number} of ${item.name} is reserved in line ${range.at.line}`,
    );
  }
  const name = reserved.names.find((entry) => entry.name === item.name);
  if (name) problems.error(item.at, "IDL_RESERVED", `the name ${item.name} is reserved in line ${name.at.line}`);
}

/** A range up to `max` ends at the limit, whatever that is. */
function checkReserved(reserved: Reserved, limit: { min: number; max: number }, problems: ProblemList): void {
  const { ranges } = reserved;
  for (const [i, { from, to, at }] of ranges.entries()) {
    const isOpen = to === Number.MAX_SAFE_INTEGER;
    if (from > to || from < limit.min || from > limit.max || (!isOpen && to > limit.max)) {
      const text = `range ${from} to ${isOpen ? "max" : to} must be in order and within ${limit.min} to ${limit.max}`;
      problems.error(at, "IDL_RESERVED_RANGE", text);
    }
    const other = ranges.slice(0, i).find((earlier) => earlier.from <= to && from <= earlier.to);
    if (other) problems.error(at, "IDL_RESERVED_RANGE", `this range overlaps the one in line ${other.at.line}`);
  }
}
