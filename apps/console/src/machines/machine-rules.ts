import { createPublicKey, type KeyObject } from "node:crypto";
import { isIpv4 } from "@msec/core";
import { AgentKeyInvalid, MachineAddressInvalid } from "./errors.js";

/** @throws {MachineAddressInvalid} */
export function checkMachineAddress(address: string): void {
  const first = Number(address.split(".")[0]);
  if (!isIpv4(address) || first === 0 || first >= 224) throw new MachineAddressInvalid({ address });
}

/** Reads an Ed25519 public key, SPKI DER in base64. @throws {AgentKeyInvalid} */
export function readAgentKey(publicKey: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPublicKey({ key: Buffer.from(publicKey, "base64"), format: "der", type: "spki" });
  } catch (cause) {
    throw new AgentKeyInvalid({ problem: "it is no SPKI DER in base64" }, { cause });
  }
  if (key.asymmetricKeyType !== "ed25519")
    throw new AgentKeyInvalid({ problem: `it is for ${key.asymmetricKeyType}, not Ed25519` });
  return key;
}
