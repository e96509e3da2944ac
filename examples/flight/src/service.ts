import { defineService } from "@msec/sdk";
import { FlightService } from "./gen/flight.js";

export default defineService(FlightService, {
  queryFlight(request, ctx) {
    ctx.log.setField("user", request.name);
    if (request.name !== "bison" || request.password !== "123456") {
      ctx.log.error("unknown user or wrong password");
      ctx.metrics.add("query.refused");
      return { errcode: -1, errmsg: "invalid user", flightsInfo: "" };
    }
    const route = `${request.departureCity}-${request.destinationCity}`;
    ctx.log.info(`found a flight for ${route}`);
    ctx.metrics.add("query.answered");
    return { errcode: 0, errmsg: "success", flightsInfo: "{Sichuan Airlines; c8835; RMB1230}" };
  },
});
