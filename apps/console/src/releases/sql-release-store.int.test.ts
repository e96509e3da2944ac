import { openDatabase } from "../database/database.js";
import { releaseStoreContract } from "./release-store.contract.js";

releaseStoreContract("SQLite", async () => {
  const database = await openDatabase(":memory:");
  return { store: database.stores.releases, close: () => database.close() };
});
