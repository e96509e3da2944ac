import { createHash } from "node:crypto";
import { MAX_TEXT_BYTES, type TextProblem, type Version } from "@msec/api-schema";
import type { ServiceName } from "@msec/core";
import { checkProto, checkServiceIdl, sampleIdl } from "@msec/idl";
import type { Actor } from "../http/route-handlers.js";
import type { ServiceRow } from "../services/service-store.js";
import { checkConfigText } from "./check-config.js";
import { sampleConfig, setListen } from "./config-listen.js";
import { ConfigTextInvalid, IdlTextInvalid, TextTooLarge } from "./errors.js";
import type { VersionService } from "./version-service.js";

export type TextKind = "config" | "idl";

/** What differs between the kinds of text. */
interface TextRules {
  /** Everything that is wrong or odd; errors keep a text from being saved. */
  check(content: string, service: ServiceRow): TextProblem[];
  /** What is saved. */
  prepare(content: string, service: ServiceRow): string;
  sample(service: ServiceRow): string;
  refuse(problems: readonly TextProblem[]): Error;
}

const RULES: Readonly<Record<TextKind, TextRules>> = {
  config: {
    check: (content, service) => checkConfigText(content, service.language),
    prepare: (content, service) => setListen(content, service.port),
    sample: (service) => sampleConfig(service.port),
    refuse: (problems) => new ConfigTextInvalid({ problems }),
  },
  idl: {
    check: checkIdl,
    prepare: (content) => content,
    sample: (service) => sampleIdl(service.first, service.second),
    refuse: (problems) => new IdlTextInvalid({ problems }),
  },
};

/** Versions of configs and interfaces. */
export class TextService {
  readonly #versions: VersionService;

  constructor(versions: VersionService) {
    this.#versions = versions;
  }

  /** @throws {VersionExists} {ConfigTextInvalid} {IdlTextInvalid} {TextTooLarge} {ServiceUnknown} {VersionsNotForKind} */
  async create(
    actor: Actor,
    kind: TextKind,
    input: ServiceName & { tag: string; memo?: string; content: string },
  ): Promise<Version> {
    const key = { kind, first: input.first, second: input.second, tag: input.tag };
    const service = await this.#versions.checkNew(key);
    checkSize(input.content);
    const rules = RULES[kind];
    const errors = rules.check(input.content, service).filter((problem) => problem.severity === "error");
    if (errors.length > 0) throw rules.refuse(errors);
    const content = rules.prepare(input.content, service);
    const sha256 = createHash("sha256").update(content).digest("hex");
    const sizeBytes = Buffer.byteLength(content);
    return this.#versions.add(actor, { key, memo: input.memo ?? "", content, sha256, sizeBytes });
  }

  /** @throws {ServiceUnknown} {TextTooLarge} */
  async check(kind: TextKind, name: ServiceName, content: string): Promise<TextProblem[]> {
    const service = await this.#versions.service(name);
    checkSize(content);
    return RULES[kind].check(content, service);
  }

  /** @throws {ServiceUnknown} */
  async sample(kind: TextKind, name: ServiceName): Promise<string> {
    return RULES[kind].sample(await this.#versions.service(name));
  }
}

function checkSize(content: string): void {
  const sizeBytes = Buffer.byteLength(content);
  if (sizeBytes > MAX_TEXT_BYTES)
    throw new TextTooLarge({ field: "body.content", sizeBytes, limitBytes: MAX_TEXT_BYTES });
}

/** Notes are no problems and are left out. */
function checkIdl(content: string): TextProblem[] {
  const { model, problems } = checkProto(content);
  const all = model ? [...problems, ...checkServiceIdl(model)] : problems;
  return all.flatMap(({ line, column, rule, message, severity }) =>
    severity === "note" ? [] : [{ line, column, rule, message, severity }],
  );
}
