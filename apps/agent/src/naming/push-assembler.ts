/** Puts the parts of a snapshot together. They come in order; anything else means that one was lost, and the whole is asked for. */
import { NamePushRefused } from "@msec/naming";
import type { NamingApply } from "@msec/protocol";

/** Most services and instances of one snapshot: the store's limits with room to spare. */
const MAX_SERVICES = 100_000;
const MAX_INSTANCES = 1_000_000;

interface Started {
  readonly epoch: string;
  readonly revision: number;
  readonly parts: number;
  readonly services: NamingApply["services"];
  next: number;
  instances: number;
}

export class PushAssembler {
  #started: Started | undefined;

  /**
   * Takes a part.
   *
   * @returns the whole push, or `undefined` while parts are missing
   * @throws {NamePushRefused} the part does not follow on the ones before, or the snapshot is too large
   */
  add(push: NamingApply): NamingApply | undefined {
    const { part = 0, parts = 1, epoch = "", revision } = push;
    if (push.kind === "delta" || parts === 1) {
      this.#started = undefined;
      return push;
    }
    if (part === 0) this.#started = { epoch, revision, parts, services: [], next: 0, instances: 0 };
    const started = this.#started;
    if (started?.next !== part || started.revision !== revision || started.epoch !== epoch || started.parts !== parts)
      throw this.#refuse(push, `part ${part} of ${parts} does not follow on what came before`);
    started.next += 1;
    started.services.push(...push.services);
    for (const { instances } of push.services) started.instances += instances.length;
    if (started.services.length > MAX_SERVICES || started.instances > MAX_INSTANCES)
      throw this.#refuse(push, `it has more than ${MAX_SERVICES} services or ${MAX_INSTANCES} instances`);
    if (started.next < parts) return undefined;
    this.#started = undefined;
    return { ...push, services: started.services };
  }

  #refuse(push: NamingApply, problem: string): Error {
    this.#started = undefined;
    return new NamePushRefused({ revision: push.revision, kept: 0, problem });
  }
}
