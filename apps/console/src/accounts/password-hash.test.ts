import { describe, expect, it } from "vitest";
import { PasswordHasher } from "./password-hash.js";

const cheap = { logN: 4, r: 1, p: 1 };

describe("PasswordHasher", () => {
  it("accepts the password and nothing else", async () => {
    const hasher = new PasswordHasher(cheap);
    const stored = await hasher.hash("correct horse");
    expect(await hasher.verify("correct horse", stored)).toBe(true);
    expect(await hasher.verify("correct horse ", stored)).toBe(false);
    expect(await hasher.verify("", stored)).toBe(false);
  });

  it("keeps its cost in the hash, so that hashes of another cost stay readable", async () => {
    const stored = await new PasswordHasher({ logN: 5, r: 2, p: 1 }).hash("correct horse");
    expect(stored).toMatch(/^scrypt\$5\$2\$1\$[\w-]{22}\$[\w-]{43}$/);
    expect(await new PasswordHasher(cheap).verify("correct horse", stored)).toBe(true);
  });

  it("salts: the same password gives another hash", async () => {
    const hasher = new PasswordHasher(cheap);
    expect(await hasher.hash("correct horse")).not.toBe(await hasher.hash("correct horse"));
  });

  it("takes the same characters however they are composed", async () => {
    const hasher = new PasswordHasher(cheap);
    expect(await hasher.verify("cafe\u0301", await hasher.hash("caf\u00e9"))).toBe(true);
  });

  it.each([undefined, "", "scrypt$1", "md5$4$1$1$aaaa$bbbb"])("gives false for the stored value %j", async (stored) => {
    expect(await new PasswordHasher(cheap).verify("correct horse", stored)).toBe(false);
  });

  it("refuses more than 8 at once", async () => {
    const hasher = new PasswordHasher(cheap);
    const results = await Promise.allSettled(Array.from({ length: 12 }, () => hasher.hash("x")));
    const refused = results.filter((result) => result.status === "rejected");
    expect(refused.map((result) => result.reason.reason)).toEqual(Array(4).fill("CON_LOGIN_BUSY"));
  });
});
