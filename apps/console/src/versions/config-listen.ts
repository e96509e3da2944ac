import { type ConfigLine, readConfigLines } from "./config-lines.js";

/** What a service on this port listens to. */
export function listenValue(port: number): string {
  return `${port}/tcp ${port}/udp`;
}

/**
 * Sets `[SRPC] listen` to the service's port by one edit of the text: the value is replaced, or a line, or a section with a
 * line, is added. Everything else stays as the author wrote it.
 */
export function setListen(text: string, port: number): string {
  const listen = listenValue(port);
  const lines = readConfigLines(text);
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  const sectionAt = lines.findIndex(({ content }) => content.kind === "section" && content.name === "SRPC");
  if (sectionAt < 0) {
    const gap = text === "" ? "" : text.endsWith("\n") ? eol : eol + eol;
    return `${text}${gap}[SRPC]${eol}listen=${listen}${eol}`;
  }
  for (const line of lines.slice(sectionAt + 1)) {
    if (line.content.kind === "section") break;
    if (line.content.kind !== "key" || line.content.key !== "listen") continue;
    const { valueFrom, valueTo } = line.content;
    return text.slice(0, line.start + valueFrom) + listen + text.slice(line.start + valueTo);
  }
  const section = lines[sectionAt] as ConfigLine;
  const end = section.start + section.text.length;
  return `${text.slice(0, end)}${eol}listen=${listen}${text.slice(end)}`;
}

/** A config to start from. */
export function sampleConfig(port: number): string {
  return `# Config of the service. The console sets [SRPC] listen to the service's port when it saves.

[SRPC]
listen=${listenValue(port)}
# Workers; without it: one for each CPU.
# procnum=2

[LOG]
# TRACE, DEBUG, INFO, ERROR, FATAL or NONE; records below it are not kept.
Level=INFO

[COLOR]
# Requests with such a field are logged in full, whatever the level. Count from 0 without a gap.
# FieldName0=uin
# FieldValue0=11228491
# FieldName1=merchID
# FieldValue1=M1234
`;
}
