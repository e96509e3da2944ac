import { HttpRequestInvalid } from "../errors.js";

export function failHttp(problem: string): never {
  throw new HttpRequestInvalid({ problem });
}
