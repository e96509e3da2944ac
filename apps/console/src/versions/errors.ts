import type { TextProblem } from "@msec/api-schema";
import { defineError } from "@msec/core";

const list = (problems: readonly TextProblem[]) =>
  problems.map((p) => `${p.line}:${p.column} ${p.message} (${p.rule})`).join("; ");

export const VersionExists = defineError<{ kind: string; tag: string }>(
  "CON_VERSION_EXISTS",
  "ALREADY_EXISTS",
  (d) => `there is a ${d.kind} version ${d.tag} already and it stays as it is; take another tag`,
);

export const VersionUnknown = defineError<{ kind: string; tag: string; service: string }>(
  "CON_VERSION_UNKNOWN",
  "NOT_FOUND",
  (d) => `${d.service} has no ${d.kind} version ${d.tag}`,
);

export const VersionInUse = defineError<{ kind: string; tag: string; releases: readonly string[] }>(
  "CON_VERSION_IN_USE",
  "FAILED_PRECONDITION",
  (d) => `${d.kind} version ${d.tag} is used by release ${d.releases.join(", ")} and stays`,
);

export const VersionsNotForKind = defineError<{ service: string }>(
  "CON_VERSIONS_NOT_FOR_KIND",
  "FAILED_PRECONDITION",
  (d) => `${d.service} is an external service; it has no versions`,
);

export const TextTooLarge = defineError<{ field: string; sizeBytes: number; limitBytes: number }>(
  "CON_TEXT_TOO_LARGE",
  "INVALID_ARGUMENT",
  (d) => `${d.field} has ${d.sizeBytes} bytes, at most ${d.limitBytes} are kept`,
);

export const ConfigTextInvalid = defineError<{ problems: readonly TextProblem[] }>(
  "CON_CONFIG_INVALID",
  "INVALID_ARGUMENT",
  (d) => `nothing was saved, the config has errors: ${list(d.problems)}`,
);

export const IdlTextInvalid = defineError<{ problems: readonly TextProblem[] }>(
  "CON_IDL_INVALID",
  "INVALID_ARGUMENT",
  (d) => `nothing was saved, the interface has errors: ${list(d.problems)}`,
);

export const PluginTooLarge = defineError<{ what: string; limitBytes: number }>(
  "CON_PLUGIN_TOO_LARGE",
  "RESOURCE_EXHAUSTED",
  (d) => `${d.what} is larger than ${d.limitBytes} bytes; nothing was kept`,
);

export const PluginTooManyEntries = defineError<{ limit: number }>(
  "CON_PLUGIN_TOO_MANY_ENTRIES",
  "INVALID_ARGUMENT",
  (d) => `the archive has more than ${d.limit} entries; nothing was kept`,
);

export const PluginNotArchive = defineError<{ problem: string }>(
  "CON_PLUGIN_NOT_ARCHIVE",
  "INVALID_ARGUMENT",
  (d) => `this is no plug-in archive (.tgz made by \`msec build\`): ${d.problem}; nothing was kept`,
);

export const PluginEntryRefused = defineError<{ entry: string; problem: string }>(
  "CON_PLUGIN_ENTRY_REFUSED",
  "INVALID_ARGUMENT",
  (d) => `archive entry ${JSON.stringify(d.entry)} ${d.problem}; nothing was kept`,
);

export const PluginManifestMissing = defineError(
  "CON_PLUGIN_MANIFEST_MISSING",
  "INVALID_ARGUMENT",
  () => "the archive has no msec.json; build it with `msec build`; nothing was kept",
);

export const PluginManifestInvalid = defineError<{ problem: string }>(
  "CON_PLUGIN_MANIFEST_INVALID",
  "INVALID_ARGUMENT",
  (d) => `msec.json of the archive is not valid: ${d.problem}; nothing was kept`,
);

export const PluginMainMissing = defineError<{ main: string }>(
  "CON_PLUGIN_MAIN_MISSING",
  "INVALID_ARGUMENT",
  (d) => `msec.json names ${d.main} as main file, which is not in the archive; nothing was kept`,
);

export const PluginServiceMismatch = defineError<{ expected: string; found: string }>(
  "CON_PLUGIN_SERVICE_MISMATCH",
  "INVALID_ARGUMENT",
  (d) => `the archive was built for ${d.found}, not for ${d.expected}; nothing was kept`,
);

export const UploadCut = defineError(
  "CON_UPLOAD_CUT",
  "CANCELLED",
  () => "the upload ended early; nothing was kept, send it again",
);

export const UploadsBusy = defineError<{ limit: number; retryAfterSec: number }>(
  "CON_UPLOADS_BUSY",
  "UNAVAILABLE",
  (d) => `${d.limit} uploads are under way; try again in ${d.retryAfterSec} s`,
);
