export { type DialTcpOptions, dialTcp } from "./dial-tcp.js";
export { netError } from "./errno.js";
export {
  NetAddressInUse,
  NetAddressUnavailable,
  NetFailed,
  NetIdle,
  NetInputTooLarge,
  NetNameUnknown,
  NetOutputFull,
  NetPermissionDenied,
  NetRefused,
  NetReset,
  NetTimeout,
  NetTooManyFiles,
  NetUnreachable,
} from "./errors.js";
export { type Consume, InputReader } from "./input-reader.js";
export { type ListenTcpOptions, listenTcp, type TcpListener } from "./listen-tcp.js";
export { MAX_DATAGRAM_BYTES, type OpenUdpOptions, openUdp, type UdpPort } from "./open-udp.js";
export { OutputBatcher, type OutputBatcherOptions, type OutputBuffer, OutputBufferPool } from "./output-batcher.js";
export { adoptSharedRead, attachInput, createSharedRead, type InputSink, type InputStream } from "./shared-read.js";
export { StreamConnection, type StreamConnectionLimits, type StreamConnectionOptions } from "./stream-connection.js";
export {
  createTimerEntry,
  startTimerWheel,
  type TimerEntry,
  type TimerWheel,
  type TimerWheelOptions,
} from "./timer-wheel.js";
