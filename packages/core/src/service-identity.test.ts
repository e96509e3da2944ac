import { expect, it } from "vitest";
import { formatServiceIdentity, tryServiceIdentity } from "./service-identity.js";

it.each([
  { agentId: "c59ef1ba-e7c4-43f2-b89b-7d4351817df6", service: "Shop.cart" },
  { agentId: "agent-1", service: "" },
])("comes back as it went: $service", (identity) => {
  expect(tryServiceIdentity(formatServiceIdentity(identity))).toEqual(identity);
});

it.each([
  "",
  "msec://",
  "msec://a",
  "msec:///Shop.cart",
  "https://a/Shop.cart",
  "msec://a/Shop/cart",
  "msec://a b/Shop.cart",
  "xmsec://a/Shop.cart",
])("%j is none", (uri) => {
  expect(tryServiceIdentity(uri)).toBeUndefined();
});
