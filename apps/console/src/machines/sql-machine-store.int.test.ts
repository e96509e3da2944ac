import { openDatabase } from "../database/database.js";
import { machineStoreContract } from "./machine-store.contract.js";

machineStoreContract("SQLite", async () => {
  const database = await openDatabase(":memory:");
  return { store: database.stores.machines, close: () => database.close() };
});
