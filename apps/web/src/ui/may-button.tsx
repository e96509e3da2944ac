import type { Permission } from "@msec/api-schema";
import { Button, type ButtonProps, Tooltip } from "antd";
import { useMay } from "../api/session.js";
import { useText } from "../i18n/use-text.js";

/** A button that says why it is off for people who may not do this. */
export function MayButton({ permission, disabled, ...rest }: ButtonProps & { readonly permission: Permission }) {
  const t = useText();
  const may = useMay(permission);
  const button = <Button {...rest} disabled={disabled === true || !may} />;
  return may ? button : <Tooltip title={t("common.mayNot", { permission })}>{button}</Tooltip>;
}
