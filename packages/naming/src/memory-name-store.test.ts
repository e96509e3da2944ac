import { describe } from "vitest";
import { MemoryNameStore } from "./memory-name-store.js";
import { nameStoreContract } from "./name-store.contract.js";
import { resumableNameStoreContract } from "./resumable-name-store.contract.js";

describe("MemoryNameStore", () => {
  nameStoreContract(async () => new MemoryNameStore());
  resumableNameStoreContract(async () => new MemoryNameStore());
});
