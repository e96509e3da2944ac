import { MAX_NAME_LENGTH, NAME_PATTERN } from "@msec/core";
import type { FormRule } from "antd";
import type { Translate } from "../i18n/use-text.js";

/** Rules of service names, login names and tags: the same as the API's. */
export function nameRules(t: Translate): FormRule[] {
  return [
    { required: true, message: t("form.required") },
    { pattern: new RegExp(NAME_PATTERN), message: t("form.name") },
    { max: MAX_NAME_LENGTH, message: t("form.name") },
  ];
}

export function memoRules(t: Translate): FormRule[] {
  return [{ max: 140, message: t("form.memo") }];
}

export function passwordRules(t: Translate): FormRule[] {
  return [
    { required: true, message: t("form.required") },
    { min: 8, max: 128, message: t("form.password") },
  ];
}
