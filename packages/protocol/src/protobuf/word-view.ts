/** Four bytes at a time: copies, comparisons and looks at short parts of a buffer take half the time of typed arrays and byte loops. */

/** Views of larger buffers are not kept: they would stay in memory. */
const MAX_KEPT_BYTES = 1 << 20;

let lastBytes: Uint8Array | undefined;
let lastView: DataView | undefined;

/** A view of the whole array. The last one is kept, since input comes in chunks of many parts. */
export function wordView(bytes: Uint8Array): DataView {
  if (bytes === lastBytes) return lastView!;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length <= MAX_KEPT_BYTES) {
    lastBytes = bytes;
    lastView = view;
  }
  return view;
}
