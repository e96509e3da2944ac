/**
 * Who a certificate of this platform speaks for, as a URI among its alternative names:
 *
 *   msec://<agentId>/First.Second   one service on the machine of that agent
 *   msec://<agentId>/               any program on that machine
 */
export interface ServiceIdentity {
  readonly agentId: string;
  /** `First.Second`; empty for the machine as such. */
  readonly service: string;
}

const IDENTITY = /^msec:\/\/([A-Za-z0-9._-]{1,64})\/([A-Za-z0-9_.-]{0,64})$/;

export function formatServiceIdentity({ agentId, service }: ServiceIdentity): string {
  return `msec://${agentId}/${service}`;
}

/** The identity in a URI; undefined for others. */
export function tryServiceIdentity(uri: string): ServiceIdentity | undefined {
  const match = IDENTITY.exec(uri);
  return match === null ? undefined : { agentId: match[1]!, service: match[2]! };
}
