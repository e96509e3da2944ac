import type { RouteCall, RouteHandlers } from "../http/route-handlers.js";
import type { AccountService } from "./account-service.js";
import { type NewSession, type SessionService, toSession } from "./session-service.js";
import type { SetupService } from "./setup-service.js";

export interface AccountRouteDeps {
  readonly accounts: AccountService;
  readonly sessions: SessionService;
  readonly setup: SetupService;
}

/** Set-up, sessions, users and API tokens. */
export function accountRoutes({ accounts, sessions, setup }: AccountRouteDeps): RouteHandlers {
  return {
    "setup.get": async () => ({ needed: await setup.isNeeded() }),
    "setup.create": async (call) => signedIn(call, await setup.create({ ...call.body, address: call.address })),
    "sessions.create": async (call) => signedIn(call, await sessions.signIn({ ...call.body, address: call.address })),
    "sessions.current": async ({ actor }) =>
      toSession({ ...actor, createdAtMs: await accounts.createdAtMs(actor) }, actor.expiresAtMs),
    "sessions.delete": async (call) => {
      await sessions.close(call.actor);
      call.setSession(undefined);
      return {};
    },
    "users.list": async () => ({ users: await accounts.listUsers() }),
    "users.create": ({ actor, body }) => accounts.createUser(actor, body),
    "users.delete": async ({ actor, params }) => {
      await accounts.deleteUser(actor, params.name);
      return {};
    },
    "users.password": async ({ actor, body, address }) => {
      await accounts.changePassword(actor, { ...body, address });
      return {};
    },
    "apiTokens.list": async () => ({ tokens: await accounts.listTokens() }),
    "apiTokens.create": ({ actor, body }) => accounts.createToken(actor, body),
    "apiTokens.delete": async ({ actor, params }) => {
      await accounts.deleteToken(actor, params.tokenId);
      return {};
    },
  };
}

function signedIn(call: Pick<RouteCall, "setSession">, created: NewSession) {
  call.setSession(created);
  return created.session;
}
