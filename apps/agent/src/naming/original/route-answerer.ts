/** Answers programs of the archived system that ask for a route by UDP, because the files of a service are not there. */
import { routeOf, searchServer } from "@msec/balancer";
import type { HostPort, Logger, Random } from "@msec/core";
import { openUdp, type UdpPort } from "@msec/net";
import { encodeRouteAnswer, type NlbServersView, tryDecodeRouteQuestion } from "@msec/protocol";

export interface RouteAnswererOptions {
  readonly port: number;
  readonly random: Random;
  readonly logger: Logger;
  /** The current table of a service, if it is known. */
  readonly tableOf: (service: string) => NlbServersView | undefined;
}

/**
 * Listens on the loopback address. Each question gets an answer at once: a server by weight, or that there is none.
 *
 * @throws NET_ADDRESS_IN_USE an agent of the archived system answers already
 */
export async function startRouteAnswerer(opts: RouteAnswererOptions): Promise<UdpPort> {
  const { port, random, logger, tableOf } = opts;
  const answer = (service: string): Uint8Array => {
    const table = tableOf(service);
    const server = table === undefined ? -1 : searchServer(table, random);
    const route = table === undefined || server < 0 ? undefined : routeOf(table, server, random);
    return encodeRouteAnswer(route?.port === 0 ? undefined : route);
  };
  const udp: UdpPort = await openUdp({
    port,
    onDatagram: (bytes: Uint8Array, from: HostPort) => {
      const service = tryDecodeRouteQuestion(bytes);
      if (service !== undefined) udp.send(answer(service), from);
    },
    onError: (error) => logger.warn("route questions: send failed", { why: String(error) }),
  });
  return udp;
}
