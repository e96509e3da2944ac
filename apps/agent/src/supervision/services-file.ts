/**
 * What this agent must remember of its services over a restart: which ones shall run, which processes it started, and which
 * switch of a release was under way. `agent/services.json`, replaced as a whole.
 */
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import { tryReadJson, writeFileAtomic } from "../files/atomic-file.js";

const ServiceRecord = Type.Object({
  wanted: Type.Unsafe<"running" | "stopped">({ type: "string", enum: ["running", "stopped"] }),
  /** The controller that was started last; 0 = none. */
  pid: Type.Integer(),
  startTicks: Type.Integer(),
  /** Set while `current` is being switched: where it pointed to and what was wanted before. */
  switching: Type.Optional(
    Type.Object({
      from: Type.Union([Type.String(), Type.Null()]),
      wanted: Type.Unsafe<"running" | "stopped">({ type: "string", enum: ["running", "stopped"] }),
    }),
  ),
});
export type ServiceRecord = Static<typeof ServiceRecord>;
const ServicesJson = Type.Object({ services: Type.Record(Type.String(), ServiceRecord) });

export class ServicesFile {
  readonly #path: string;
  readonly #records: Map<string, ServiceRecord>;

  constructor(path: string) {
    this.#path = path;
    const value = tryReadJson(path);
    this.#records = new Map(Value.Check(ServicesJson, value) ? Object.entries(value.services) : []);
  }

  get services(): readonly string[] {
    return [...this.#records.keys()];
  }

  get(service: string): ServiceRecord {
    return this.#records.get(service) ?? { wanted: "stopped", pid: 0, startTicks: 0 };
  }

  /** Changes fields and writes the file; `switching: undefined` ends a switch. */
  update(service: string, change: { [K in keyof ServiceRecord]?: ServiceRecord[K] | undefined }): void {
    const { switching, ...rest } = { ...this.get(service), ...change };
    this.#records.set(service, { ...(rest as ServiceRecord), ...(switching ? { switching } : {}) });
    writeFileAtomic(this.#path, `${JSON.stringify({ services: Object.fromEntries(this.#records) }, undefined, 2)}\n`);
  }
}
