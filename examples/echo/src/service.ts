import { defineService } from "@msec/sdk";
import { EchoService } from "./gen/echo.js";

// A service is its interface and one function per method. A function that needs nobody else may answer at once; one that calls others
// or waits is `async`. Leave `echo` out, or answer with `{ text }`, and it does not compile.
export default defineService(EchoService, {
  echo(request, ctx) {
    // A record of the request `ctx` stands for; never waits. In the console it is found by the request and by its fields.
    ctx.log.debug("asked", { caller: ctx.caller });
    // Shows as `usr.echoed` in the metrics of the service. Requests, failures and latencies are counted without being asked for.
    ctx.metrics.add("echoed");
    return { message: request.message };
  },
});
