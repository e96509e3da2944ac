import { Refusal } from "./outcome.js";

/** Well under the largest message (16 MiB). */
const MAX_FILE_BYTES = 8 << 20;

/** @param signal of the request: nobody waits for the file any more @throws {Refusal} it can't be had, or is too large for one answer */
export async function downloadFile(url: string, signal: AbortSignal): Promise<Uint8Array> {
  if (!/^https?:\/\//.test(url)) throw new Refusal("the recording is not on the web");
  const response = await fetch(url, { signal }).catch((cause: unknown) => {
    throw new Refusal("the recording's server does not answer", { cause });
  });
  if (!response.ok) throw new Refusal(`the recording's server answers ${response.status}`);
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  const reader = response.body?.getReader();
  for (let read = await reader?.read(); read?.value; read = await reader?.read()) {
    sizeBytes += read.value.length;
    if (sizeBytes > MAX_FILE_BYTES) {
      await reader?.cancel();
      throw new Refusal(`the recording is larger than ${MAX_FILE_BYTES} B`);
    }
    chunks.push(read.value);
  }
  return Buffer.concat(chunks);
}
