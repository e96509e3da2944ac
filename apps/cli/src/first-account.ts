import { type ApiClient, createApiClient } from "@msec/api-schema";

export interface FirstAccount {
  readonly name: string;
  readonly password: string;
}

/** Makes the first account with the one-time link of a fresh console, and an API token. @returns the token's secret */
export async function makeFirstAccount(url: string, setupLink: string, account: FirstAccount): Promise<string> {
  const api = cookieClient(url);
  await api("setup.create", { body: { setupToken: setupLink.split("#")[1] ?? "", ...account } });
  const { secret } = await api("apiTokens.create", { body: { name: "local_cli", role: "admin" } });
  return secret;
}

/** A client that keeps the session cookie, as a browser does. */
function cookieClient(baseUrl: string): ApiClient {
  let cookie = "";
  const withCookie: typeof fetch = async (input, init) => {
    const headers = { ...(init?.headers as Record<string, string>), cookie };
    const answer = await fetch(input, { ...init, headers });
    cookie = answer.headers.getSetCookie()[0]?.split(";")[0] ?? cookie;
    return answer;
  };
  return createApiClient({ baseUrl, fetch: withCookie });
}
