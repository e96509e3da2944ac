import type { Instance } from "@msec/api-schema";
import { InstanceTable } from "../instances/instance-table.js";

interface TargetPickerProps {
  readonly instances: readonly Instance[];
  /** Given by the form. */
  readonly value?: readonly string[];
  readonly onChange?: (addresses: string[]) => void;
}

/** Instances to tick. */
export function TargetPicker({ instances, value = [], onChange }: TargetPickerProps) {
  return (
    <InstanceTable
      instances={instances}
      plain={instances.length < 10}
      selection={{ keys: value, onChange: (keys) => onChange?.(keys) }}
    />
  );
}
