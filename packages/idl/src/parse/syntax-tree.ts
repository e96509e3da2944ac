/** What the parser makes of the text, before types are resolved. Parser and linker only. */
import type { Declaration, EnumModel, IdlOption, OneofModel, Reserved } from "../model.js";
import type { Position } from "../problem.js";

export interface TypeName {
  /** As written, a leading dot included. */
  readonly text: string;
  readonly at: Position;
}

export interface FieldSyntax extends Declaration {
  readonly number: number;
  readonly numberAt: Position;
  readonly label: "required" | "optional" | "repeated" | "none";
  readonly typeName: TypeName;
  readonly oneof?: string;
}

export interface MessageSyntax extends Declaration {
  readonly fields: FieldSyntax[];
  readonly oneofs: OneofModel[];
  readonly messages: MessageSyntax[];
  readonly enums: EnumModel[];
  readonly reserved: Reserved;
}

export interface MethodSyntax extends Declaration {
  readonly input: TypeName;
  readonly output: TypeName;
}

export interface ServiceSyntax extends Declaration {
  readonly methods: MethodSyntax[];
}

export interface FileSyntax {
  syntax: "proto2" | "proto3";
  packageName: string;
  packageAt?: Position;
  docs: string;
  readonly options: IdlOption[];
  readonly messages: MessageSyntax[];
  readonly enums: EnumModel[];
  readonly services: ServiceSyntax[];
}
