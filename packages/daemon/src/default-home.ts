import { homedir } from "node:os";

/** Where state lives unless told otherwise: `/msec` for root, `~/.msec` for everybody else. */
export function defaultHome(): string {
  return process.getuid?.() === 0 ? "/msec" : `${homedir()}/.msec`;
}
