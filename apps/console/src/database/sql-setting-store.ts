import type { Kysely } from "kysely";
import type { SettingStore } from "./setting-store.js";
import type { ConsoleTables } from "./tables.js";

export function sqlSettingStore(db: Kysely<ConsoleTables>): SettingStore {
  return {
    get: async (key) => {
      const row = await db.selectFrom("settings").select("value").where("key", "=", key).executeTakeFirst();
      return row?.value;
    },
    set: async (key, value) => {
      const insert = db.insertInto("settings").values({ key, value });
      await insert.onConflict((conflict) => conflict.column("key").doUpdateSet({ value })).execute();
    },
    delete: async (key) => {
      await db.deleteFrom("settings").where("key", "=", key).execute();
    },
  };
}
