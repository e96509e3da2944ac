import { NameStoreUnavailable } from "./errors.js";
import type { NameDelta, NameSnapshot, NameStore, ServiceEntry } from "./name-store.js";

/** Answers nothing: what users of a store must live with. */
export class FailingNameStore implements NameStore {
  list(): Promise<readonly ServiceEntry[]> {
    return refuse();
  }

  get(): Promise<ServiceEntry | undefined> {
    return refuse();
  }

  put(): Promise<ServiceEntry> {
    return refuse();
  }

  remove(): Promise<boolean> {
    return refuse();
  }

  snapshot(): Promise<NameSnapshot> {
    return refuse();
  }

  changesSince(): Promise<readonly NameDelta[] | "reset"> {
    return refuse();
  }

  onChange(): () => void {
    return () => undefined;
  }

  async close(): Promise<void> {
    // holds nothing
  }
}

async function refuse(): Promise<never> {
  throw new NameStoreUnavailable({ problem: "this store always fails" });
}
