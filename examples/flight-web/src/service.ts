import { defineService } from "@msec/sdk";
import { FlightService } from "./gen/flight.js";
import { WebService } from "./gen/web.js";

export default defineService(WebService, {
  async search(request, ctx) {
    const answer = await ctx.call(
      FlightService.methods.queryFlight,
      "Flight.mod_flight",
      {
        name: request.user,
        password: request.password,
        departureCity: request.from,
        destinationCity: request.to,
      },
      { timeoutMs: 800 },
    );
    ctx.log.info(`search answered: ${answer.errmsg}`);
    return { found: answer.errcode === 0, text: answer.errcode === 0 ? answer.flightsInfo : answer.errmsg };
  },
});
