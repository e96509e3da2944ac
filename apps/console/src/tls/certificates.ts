/** X.509: the authority that signs the certificates of services, and those certificates. ECDSA P-256 with SHA-256 throughout. */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  webcrypto,
} from "node:crypto";
import { formatServiceIdentity, type ServiceIdentity } from "@msec/core";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";

const CURVE = { name: "ECDSA", namedCurve: "P-256" } as const;
const SIGNATURE = { name: "ECDSA", hash: "SHA-256" } as const;
const AUTHORITY_MS = 10 * 365 * 86_400_000;
/** Clocks of machines may be so far behind. */
const SKEW_MS = 3_600_000;

cryptoProvider.set(webcrypto as never); // its type is the DOM's

export interface Authority {
  readonly id: string;
  /** PKCS #8 PEM. */
  readonly key: string;
  /** PEM. */
  readonly cert: string;
  readonly createdAtMs: number;
}

/** A new authority. Each has a name of its own, so that two of them can be trusted side by side. */
export async function createAuthority(nowMs: number): Promise<Authority> {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const keys = { privateKey: await importKey(privateKey), publicKey: await importKey(publicKey) };
  const name = `CN=msec services ${randomBytes(8).toString("hex")}`;
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name,
    keys,
    signingAlgorithm: SIGNATURE,
    notBefore: new Date(nowMs - SKEW_MS),
    notAfter: new Date(nowMs + AUTHORITY_MS),
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const id = createHash("sha256").update(new Uint8Array(certificate.rawData)).digest("hex").slice(0, 16);
  const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  return { id, key, cert: `${certificate.toString("pem")}\n`, createdAtMs: nowMs };
}

export interface CertificateRequest extends ServiceIdentity {
  readonly publicKey: KeyObject;
  /** Address of the machine. */
  readonly address: string;
  readonly nowMs: number;
  readonly lifeMs: number;
}

/** A certificate for clients and servers. @returns PEM */
export async function issueCertificate(authority: Authority, request: CertificateRequest): Promise<string> {
  const { agentId, service, address, nowMs, lifeMs } = request;
  const issuer = await importAuthority(authority);
  const publicKey = await importKey(request.publicKey);
  const extensions: Extension[] = [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
    new SubjectAlternativeNameExtension([
      { type: "ip", value: address },
      { type: "url", value: formatServiceIdentity({ agentId, service }) },
    ]),
    await SubjectKeyIdentifierExtension.create(publicKey),
    await AuthorityKeyIdentifierExtension.create(issuer.publicKey),
  ];
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: `CN=${service === "" ? "msec machine" : service}`,
    issuer: issuer.subject,
    publicKey,
    signingKey: issuer.privateKey,
    signingAlgorithm: SIGNATURE,
    notBefore: new Date(nowMs - SKEW_MS),
    notAfter: new Date(nowMs + lifeMs),
    extensions,
  });
  return `${certificate.toString("pem")}\n`;
}

async function importAuthority({ key, cert }: Authority) {
  const privateKey = createPrivateKey(key);
  const { subject } = new X509Certificate(cert);
  return { subject, privateKey: await importKey(privateKey), publicKey: await importKey(createPublicKey(privateKey)) };
}

function importKey(key: KeyObject): Promise<webcrypto.CryptoKey> {
  const { subtle } = webcrypto;
  if (key.type === "private") {
    return subtle.importKey("pkcs8", key.export({ type: "pkcs8", format: "der" }), CURVE, true, ["sign"]);
  }
  return subtle.importKey("spki", key.export({ type: "spki", format: "der" }), CURVE, true, ["verify"]);
}

/** 16 random bytes, positive. */
function serial(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return bytes.toString("hex");
}
