/** What a program does that has a TCP socket and nothing else. */
import { connect } from "node:net";

const TIMEOUT_MS = 25_000;

/**
 * Sends a request and reads until one whole message is there.
 *
 * @param checkPackage negative = no message, 0 = not whole yet, else its length
 */
export function exchangeBytes(
  address: string,
  request: Uint8Array,
  checkPackage: (received: Uint8Array) => number,
): Promise<Uint8Array> {
  const [host = "", port] = address.split(":");
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), host);
    let received = new Uint8Array(0);
    const end = (settle: () => void) => {
      socket.destroy();
      settle();
    };
    socket.setTimeout(TIMEOUT_MS, () => end(() => reject(new Error(`no answer within ${TIMEOUT_MS} ms`))));
    socket.on("error", (error) => end(() => reject(error)));
    socket.on("close", () => reject(new Error(`closed after ${received.length} B`)));
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      const length = checkPackage(received);
      if (length < 0) end(() => reject(new Error("what arrives is no message")));
      else if (length > 0 && received.length >= length) end(() => resolve(received.subarray(0, length)));
    });
    socket.write(request);
  });
}
