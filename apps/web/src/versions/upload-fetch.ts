/** A `fetch` that tells how much of the body has been sent; the browser's own can't. */
export function uploadFetch(onProgress: (ratio: number) => void, signal: AbortSignal): typeof fetch {
  return (url, init) =>
    new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open(init?.method ?? "GET", String(url));
      for (const [name, value] of Object.entries((init?.headers ?? {}) as Record<string, string>))
        request.setRequestHeader(name, value);
      request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
      request.onload = () => resolve(new Response(request.responseText, { status: request.status }));
      request.onerror = () => reject(new TypeError("upload failed"));
      request.onabort = () => reject(new DOMException("upload stopped", "AbortError"));
      signal.addEventListener("abort", () => request.abort());
      request.send(init?.body as XMLHttpRequestBodyInit);
    });
}
