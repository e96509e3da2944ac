/**
 * Asks an agent of the archived system for a service. It makes the files of a service only when somebody asked, so the answer
 * does not matter: the files will be there in a moment.
 */
import { openUdp } from "@msec/net";
import { encodeRouteQuestion, NLB_ASK_PORT } from "@msec/protocol";

/** The archived library waits as long. */
const ANSWER_WITHIN_MS = 1_000;

/** Sends the question and does not wait; where no agent listens nothing happens. */
export function askForFiles(service: string, port = NLB_ASK_PORT): void {
  void ask(service, port).catch(() => undefined); // no socket to be had: the next call asks again
}

async function ask(service: string, port: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const close = (): void => {
    clearTimeout(timer);
    udp.close();
  };
  const peer = { host: "127.0.0.1", port };
  const udp = await openUdp({ peer, onDatagram: close, onError: close });
  udp.unref();
  timer = setTimeout(close, ANSWER_WITHIN_MS).unref();
  udp.send(encodeRouteQuestion(service));
}
