import type { ConsoleContext } from "../context.js";
import type { Feature } from "../feature.js";
import { accountRoutes } from "./account-routes.js";
import { AccountService } from "./account-service.js";
import { PasswordHasher } from "./password-hash.js";
import { SessionService } from "./session-service.js";
import { SetupService } from "./setup-service.js";

export interface AccountsFeature extends Feature {
  readonly sessions: SessionService;
  readonly setup: SetupService;
}

export function accountsFeature(context: ConsoleContext): AccountsFeature {
  const { database, clock, config } = context;
  const hasher = new PasswordHasher();
  const sessions = new SessionService({ database, clock, hasher, times: config.session });
  const setup = new SetupService({ database, clock, hasher, sessions });
  const accounts = new AccountService({ database, clock, hasher, sessions });
  return { name: "accounts", routes: accountRoutes({ accounts, sessions, setup }), sessions, setup };
}
