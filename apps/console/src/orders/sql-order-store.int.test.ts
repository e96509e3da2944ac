import { openDatabase } from "../database/database.js";
import { orderStoreContract } from "./order-store.contract.js";

orderStoreContract("SQLite", async () => {
  const database = await openDatabase(":memory:");
  return { store: database.stores.orders, close: () => database.close() };
});
