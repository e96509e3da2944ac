import { ERROR_CODES, isAppError, type Logger, toAppError } from "@msec/core";
import type { ErrorObject } from "ajv";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { BodyMalformed, BodyTooLarge, InputInvalid, RouteUnknown } from "./errors.js";
import { inputProblems } from "./validation.js";

/** The only place that turns a failure into an answer: `{ code, reason, message, details, requestId }`. */
export function addErrorHandler(app: FastifyInstance, logger: Logger): void {
  app.setErrorHandler((error: FastifyError, request, reply) => answerError(error, { request, reply, logger }));
}

/** For unknown paths under /api. */
export function answerUnknownRoute(request: FastifyRequest, reply: FastifyReply, logger: Logger): FastifyReply {
  const path = request.url.split("?")[0] ?? "";
  return answerError(new RouteUnknown({ method: request.method, path }), { request, reply, logger });
}

interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly logger: Logger;
}

function answerError(error: unknown, { request, reply, logger }: Exchange): FastifyReply {
  const known = toAppError(convert(error, request));
  const facts = {
    requestId: request.id,
    method: request.method,
    path: request.routeOptions.url ?? "",
    reason: known.reason,
  };
  if (known.code === "INTERNAL" || known.code === "UNKNOWN" || known.code === "DATA_LOSS") {
    const cause = known.cause ?? error;
    logger.error("request failed", { ...facts, error: cause instanceof Error ? cause.stack : String(cause) });
  } else {
    logger.debug("request refused", facts);
  }
  const retryAfterSec = (known.details as { retryAfterSec?: unknown }).retryAfterSec;
  if (typeof retryAfterSec === "number") reply.header("retry-after", String(retryAfterSec));
  return reply
    .status(ERROR_CODES[known.code].httpStatus)
    .type("application/json; charset=utf-8")
    .serializer((value: unknown) => JSON.stringify(value))
    .send({ ...known.toBody(), requestId: request.id });
}

/** Failures of Fastify itself become reasons of ours; everything else stays what it is. */
function convert(error: unknown, request: FastifyRequest): unknown {
  if (isAppError(error) || !(error instanceof Error)) return error;
  const { validation, validationContext, code = "", statusCode = 500 } = error as FastifyError;
  if (validation) {
    const part = validationContext === "querystring" ? "query" : (validationContext ?? "body");
    return new InputInvalid(
      { problems: inputProblems(validation as unknown as ErrorObject[], part) },
      { cause: error },
    );
  }
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE") return new BodyTooLarge({ limitBytes: request.routeOptions.bodyLimit });
  if (statusCode >= 400 && statusCode < 500) return new BodyMalformed({ problem: error.message }, { cause: error });
  return error;
}
