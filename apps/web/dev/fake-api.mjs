/**
 * An API with invented answers, to look at pages without a console: `npm run dev:fake`, then `npm run dev`.
 * Also serves the built pages, with the console's content security policy. Not part of the build.
 */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { routes } from "@msec/api-schema";
import { handlers } from "./fake-answers.mjs";

const port = Number(process.env.PORT ?? 8080);
const dist = fileURLToPath(new URL("../dist", import.meta.url));
const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
const table = Object.entries(routes).map(([name, spec]) => ({
  name,
  spec,
  pattern: new RegExp(`^${spec.path.replace(/:(\w+)/g, "(?<$1>[^/]+)")}$`),
}));

createServer(async (request, response) => {
  const url = new URL(request.url, "http://localhost");
  if (!url.pathname.startsWith("/api/")) return page(url.pathname, response);
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const found = table.find((each) => each.spec.method === request.method && each.pattern.test(url.pathname));
  await new Promise((resolve) => setTimeout(resolve, 30));
  try {
    if (!found) throw { status: 404, code: "NOT_FOUND", reason: "CON_ROUTE_UNKNOWN", message: "no such route" };
    const raw = Buffer.concat(chunks);
    const params = mapValues(found.pattern.exec(url.pathname).groups ?? {}, decodeURIComponent);
    const body = found.spec.body && found.spec.body !== "binary" ? JSON.parse(raw.toString() || "{}") : raw;
    const answer = handlers[found.name]({ params, query: Object.fromEntries(url.searchParams), body });
    send(response, found.spec.status ?? 200, answer);
  } catch (error) {
    const { status = 500, code = "INTERNAL", reason = "INTERNAL", message = String(error?.stack ?? error) } = error;
    send(response, status, { code, reason, message, details: {}, requestId: "01JD9Z5K3M8Q" });
  }
}).listen(port, "127.0.0.1", () => process.stdout.write(`http://127.0.0.1:${port}/\n`));

function mapValues(object, map) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]));
}

function send(response, status, answer) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(answer));
}

async function page(path, response) {
  const file = extname(path) === "" ? "index.html" : path;
  const headers = {
    "content-type": types[extname(file)] ?? "application/octet-stream",
    "content-security-policy":
      "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:",
  };
  const content = await readFile(join(dist, file)).catch(() => undefined);
  response.writeHead(content ? 200 : 404, headers);
  response.end(content);
}
