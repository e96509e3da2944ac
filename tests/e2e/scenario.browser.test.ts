/** A person's way from the first link to a service in traffic and back, through the pages alone. */
import { tmpdir } from "node:os";
import { TestScope } from "@msec/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { BrowserScenario } from "./browser-scenario.js";
import { missingBrowser } from "./browser-session.js";
import { heldSteps } from "./scenario-held.js";
import { operatingSteps } from "./scenario-operating.js";
import { shippingSteps } from "./scenario-shipping.js";

const scope = new TestScope();
const scene = new BrowserScenario(scope);
const pictures = process.env.MSEC_PICTURES;
const missing = missingBrowser();
let failed = "";

describe.skipIf(missing !== undefined)(missing ? `pages (${missing})` : "pages", () => {
  beforeAll(() => scene.open());
  afterAll(() => scope.close());
  beforeEach(() => {
    if (failed !== "") throw new Error(`not tried, since an earlier step failed: ${failed}`);
  });
  afterEach(async (context) => {
    const { session } = scene;
    const { name, result } = context.task;
    const file = name.replace(/\W+/g, "-").slice(0, 60);
    if (pictures) await session.takePicture(pictures, file);
    if (result?.state !== "fail" || failed !== "") return;
    failed = name;
    const picture = await session.takePicture(tmpdir(), `msec-failed-${file}`);
    throw new Error(`a picture of the page is in ${picture}; ${session.problems.join("; ")}`);
  });

  shippingSteps(scene);
  operatingSteps(scene);
  heldSteps(scene);

  it("nothing went wrong in the pages but what was asked for", () => {
    expect(scene.session.problems).toEqual([]);
    expect([...new Set(scene.session.refusals)].sort()).toEqual([
      "DELETE /api/v1/services/Flight/mod_flight 412",
      "GET /api/v1/sessions/current 401",
      "POST /api/v1/services/Flight/mod_flight/idls 409",
      "POST /api/v1/sessions 401",
      "PUT /api/v1/services/Flight/mod_flight/plugins/v1 400",
    ]);
  });
});
