export { LinkBusy, LinkCertificateMismatch, LinkClosed, LinkTimeout, LinkUnreachable } from "./errors.js";
export { type LinkContract, type LinkHandlers, LinkPeer, type LinkPeerOptions, type LinkReply } from "./link-peer.js";
export {
  type DialLinkOptions,
  dialLink,
  type LinkListener,
  type ListenLinkOptions,
  listenLink,
} from "./link-socket.js";
