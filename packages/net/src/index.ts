export { AddressList } from "./address-list.js";
export { type DialTcpOptions, dialTcp } from "./dial-tcp.js";
export { netError } from "./errno.js";
export {
  AddressListInvalid,
  NetAddressInUse,
  NetAddressUnavailable,
  NetBuffersFull,
  NetFailed,
  NetIdle,
  NetInputTooLarge,
  NetMessageTimeout,
  NetNameUnknown,
  NetOutputFull,
  NetPermissionDenied,
  NetRefused,
  NetReset,
  NetTimeout,
  NetTooManyFiles,
  NetUnreachable,
  TlsCertificateRefused,
  TlsFailed,
  TlsFilesInvalid,
  TlsServiceRefused,
} from "./errors.js";
export { type Consume, InputReader } from "./input-reader.js";
export { type ListenTcpOptions, listenTcp, type TcpListener } from "./listen-tcp.js";
export { MAX_DATAGRAM_BYTES, type OpenUdpOptions, openUdp, type UdpPort } from "./open-udp.js";
export {
  OutputBatcher,
  type OutputBatcherOptions,
  type OutputBuffer,
  OutputBufferPool,
  type StreamTraffic,
} from "./output-batcher.js";
export {
  adoptSharedRead,
  attachInput,
  createSharedRead,
  type InputSink,
  type InputStream,
  peekInput,
  unreadInput,
} from "./shared-read.js";
export { StreamConnection, type StreamConnectionLimits, type StreamConnectionOptions } from "./stream-connection.js";
export {
  createTimerEntry,
  startTimerWheel,
  type TimerEntry,
  type TimerWheel,
  type TimerWheelOptions,
} from "./timer-wheel.js";
export { type DialTlsOptions, dialTls } from "./tls/dial-tls.js";
export { TlsAcceptor, type TlsAcceptorOptions } from "./tls/tls-acceptor.js";
export { splitCertificates, TlsDirectory, type TlsDirectoryOptions, type TlsMaterial } from "./tls/tls-directory.js";
export { certificateProblem, type TlsPeer } from "./tls/tls-peer.js";
