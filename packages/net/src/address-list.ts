/** Lists of IPv4 and IPv6 addresses and networks (`10.0.0.0/8`, `127.0.0.1`, `fd00::/8`). */
import { BlockList, isIP } from "node:net";
import { AddressListInvalid } from "./errors.js";

export class AddressList {
  readonly #list = new BlockList();
  /** As they were written. */
  readonly entries: readonly string[];

  /** @throws NET_ADDRESS_LIST_INVALID */
  constructor(entries: readonly string[]) {
    this.entries = entries;
    for (const entry of entries) this.#add(entry);
  }

  /** @param address as sockets tell it; an IPv4 address written as IPv6 (`::ffff:10.0.0.1`) counts as IPv4 */
  includes(address: string): boolean {
    const plain = address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
    const family = isIP(plain);
    return family !== 0 && this.#list.check(plain, family === 4 ? "ipv4" : "ipv6");
  }

  #add(entry: string): void {
    const [network = "", bits, ...rest] = entry.split("/");
    const family = isIP(network);
    const widest = family === 4 ? 32 : 128;
    const isBitsGood = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= widest);
    if (family === 0 || rest.length > 0 || !isBitsGood) throw new AddressListInvalid({ entry });
    this.#list.addSubnet(network, bits === undefined ? widest : Number(bits), family === 4 ? "ipv4" : "ipv6");
  }
}
