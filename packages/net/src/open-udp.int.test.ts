import { expect, it, onTestFinished } from "vitest";
import { type OpenUdpOptions, openUdp, type UdpPort } from "./open-udp.js";

async function open(options: Partial<OpenUdpOptions> = {}): Promise<{ port: UdpPort; texts: string[] }> {
  const texts: string[] = [];
  const onDatagram = (bytes: Uint8Array): void => void texts.push(Buffer.from(bytes).toString());
  const port = await openUdp({ onDatagram, ...options });
  onTestFinished(() => port.close());
  return { port, texts };
}

it("answers while it reads no more, and leaves what comes to others", async () => {
  const paused = await open();
  const other = await open();
  const sender = await open();
  expect(paused.port.tryPauseInput()).toBe(true);
  sender.port.send(Buffer.from("for nobody"), paused.port.address);
  sender.port.send(Buffer.from("hello"), other.port.address);
  await expect.poll(() => other.texts, { interval: 5 }).toEqual(["hello"]);
  paused.port.send(Buffer.from("answer"), sender.port.address);
  await expect.poll(() => sender.texts, { interval: 5 }).toEqual(["answer"]);
  expect(paused.texts).toEqual([]);
  paused.port.close();
  expect(paused.port.tryPauseInput()).toBe(false);
});

it("sends nothing to port 0, from which a forged datagram can come, and goes on", async () => {
  const { port } = await open();
  const other = await open();
  port.send(Buffer.from("to nobody"), { host: "127.0.0.1", port: 0 });
  port.send(Buffer.from("hello"), other.port.address);
  await expect.poll(() => other.texts, { interval: 5 }).toEqual(["hello"]);
});

it("tells why it can't connect to a peer", async () => {
  // The broadcast address of the loopback network: connecting to it needs an option that is not set.
  await expect(open({ peer: { host: "127.255.255.255", port: 9 } })).rejects.toMatchObject({
    reason: "NET_PERMISSION_DENIED",
    message: expect.stringContaining("127.255.255.255:9"),
  });
});

it("names an address that is taken, and tells when a peer refuses", async () => {
  const { port } = await open();
  await expect(open({ port: port.address.port })).rejects.toMatchObject({ reason: "NET_ADDRESS_IN_USE" });
  const errors: Error[] = [];
  const gone = await open();
  const peer = gone.port.address;
  gone.port.close();
  const dialer = await open({ peer, onError: (error) => void errors.push(error) });
  await expect
    .poll(
      () => {
        dialer.port.send(Buffer.from("x"));
        return errors.length;
      },
      { interval: 5 },
    )
    .toBeGreaterThan(0);
  expect(errors[0]).toMatchObject({ reason: "NET_REFUSED" });
});
