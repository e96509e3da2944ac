/**
 * The question for a route that a program sends to the agent (UDP 127.0.0.1:2841) while the files of a service are not there.
 *
 *   question   0 length n of the name | 4 name, n bytes, no NUL
 *   answer     0 12 | 4 0 | 8 address, REVERSED octets | 12 port | 14 transport: 1 udp, 2 tcp, 3 all
 *   refusal    0 4 | 4 1
 *
 * Integers are big-endian. The archived agent swaps an address that is in network order already, so the four octets travel
 * in reverse: 10.1.2.3 is 03 02 01 0a.
 */
import { NlbAnswerInvalid } from "../errors.js";
import { hostOfIpKey, ipKeyOf } from "./ip-key.js";
import { NLB_TRANSPORTS, type NlbTransport, nlbTransportOf } from "./layout.js";

export const NLB_ASK_PORT = 2841;
/** Names are shorter than this. */
const MAX_NAME_BYTES = 255;
const ANSWER_BYTES = 16;
const REFUSAL_BYTES = 8;

export interface NlbRoute {
  readonly host: string;
  readonly port: number;
  readonly transport: NlbTransport;
}

export function encodeRouteQuestion(service: string): Uint8Array {
  const name = new TextEncoder().encode(service).subarray(0, MAX_NAME_BYTES);
  const bytes = new Uint8Array(4 + name.length);
  new DataView(bytes.buffer).setUint32(0, name.length);
  bytes.set(name, 4);
  return bytes;
}

/** Name of the service, or `undefined` for a datagram that gets no answer: too short, too long or cut off. */
export function tryDecodeRouteQuestion(datagram: Uint8Array): string | undefined {
  if (datagram.length <= 4) return undefined;
  const length = viewOf(datagram).getInt32(0);
  if (length < 0 || length > MAX_NAME_BYTES || 4 + length > datagram.length) return undefined;
  return new TextDecoder().decode(datagram.slice(4, 4 + length));
}

/** @param route `undefined` = there is none: the asker fails at once instead of after a second */
export function encodeRouteAnswer(route: NlbRoute | undefined): Uint8Array {
  const bytes = new Uint8Array(route === undefined ? REFUSAL_BYTES : ANSWER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length - 4);
  if (route === undefined) {
    view.setUint32(4, 1);
    return bytes;
  }
  view.setUint32(8, ipKeyOf(route.host)); // big-endian of the little-endian word: reversed octets
  view.setUint16(12, route.port);
  view.setUint16(14, NLB_TRANSPORTS[route.transport]);
  return bytes;
}

/**
 * @returns the route, or `undefined` for a refusal
 * @throws {NlbAnswerInvalid} neither of the two
 */
export function decodeRouteAnswer(datagram: Uint8Array): NlbRoute | undefined {
  if (datagram.length < REFUSAL_BYTES) throw new NlbAnswerInvalid({ problem: `${datagram.length} bytes, at least 8` });
  const view = viewOf(datagram);
  const [length, result] = [view.getInt32(0), view.getInt32(4)];
  const wanted = result === 0 ? ANSWER_BYTES : REFUSAL_BYTES;
  if (length !== wanted - 4) throw new NlbAnswerInvalid({ problem: `length ${length} with result ${result}` });
  if (result !== 0) return undefined;
  if (datagram.length < ANSWER_BYTES) throw new NlbAnswerInvalid({ problem: `cut off after ${datagram.length} bytes` });
  const port = view.getUint16(12);
  return { host: hostOfIpKey(view.getUint32(8)), port, transport: nlbTransportOf(view.getUint16(14)) };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
