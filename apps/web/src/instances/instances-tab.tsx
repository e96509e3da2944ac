import type { Instance } from "@msec/api-schema";
import { Space } from "antd";
import { useState } from "react";
import { useApi } from "../api/use-api.js";
import { useText } from "../i18n/use-text.js";
import { useServiceName } from "../services/use-service.js";
import { EmptyHint } from "../ui/empty-hint.js";
import { MayButton } from "../ui/may-button.js";
import { QueryView } from "../ui/query-view.js";
import { AddInstancesDialog } from "./add-instances-dialog.js";
import { CapacityDialog, type CapacityPlan } from "./capacity-dialog.js";
import { InstanceActions } from "./instance-actions.js";
import { InstanceTable } from "./instance-table.js";

/** Which instance is bad and why; what can be done about it. */
export function InstancesTab() {
  const t = useText();
  const { first, second } = useServiceName();
  const [selected, setSelected] = useState<string[]>([]);
  const [adding, setAdding] = useState(false);
  const [plan, setPlan] = useState<CapacityPlan>();
  const summary = useApi("services.get", { params: { first, second } }).data;
  const query = useApi("instances.list", { params: { first, second } }, { refreshMs: 2000 });
  const add = (
    <MayButton permission="service:write" size="small" type="primary" onClick={() => setAdding(true)}>
      {t("instances.add")}
    </MayButton>
  );
  return (
    <>
      <QueryView query={query}>
        {(data) => (
          <InstanceTable
            instances={data.instances}
            selection={{ keys: selected, onChange: setSelected }}
            actions={(instance) => (
              <InstanceActions
                instance={instance}
                standard={summary?.kind !== "external"}
                onCapacity={(action) => setPlan({ action, addresses: [instance.address] })}
              />
            )}
            toolbar={
              <Space size={8} wrap>
                {add}
                <Bulk instances={data.instances} selected={selected} onPlan={setPlan} />
              </Space>
            }
            empty={<EmptyHint title={t("instances.none")} text={t("instances.noneText")} action={add} />}
          />
        )}
      </QueryView>
      <AddInstancesDialog
        open={adding}
        external={summary?.kind === "external"}
        port={summary?.port ?? 0}
        onClose={() => setAdding(false)}
      />
      <CapacityDialog
        plan={plan}
        onClose={(done) => {
          setPlan(undefined);
          if (done) setSelected([]);
        }}
      />
    </>
  );
}

interface BulkProps {
  readonly instances: readonly Instance[];
  readonly selected: readonly string[];
  readonly onPlan: (plan: CapacityPlan) => void;
}

/** Expand and shrink what is ticked. */
function Bulk({ instances, selected, onPlan }: BulkProps) {
  const t = useText();
  const ticked = (status: Instance["status"]) =>
    instances.filter((each) => each.status === status && selected.includes(each.address)).map((each) => each.address);
  const out = ticked("disabled");
  const inside = ticked("enabled");
  return (
    <Space size={8}>
      <MayButton
        permission="capacity:write"
        size="small"
        disabled={out.length === 0}
        onClick={() => onPlan({ action: "expand", addresses: out })}
      >
        {t("capacity.expandN", { n: out.length })}
      </MayButton>
      <MayButton
        permission="capacity:write"
        size="small"
        disabled={inside.length === 0}
        onClick={() => onPlan({ action: "shrink", addresses: inside })}
      >
        {t("capacity.shrinkN", { n: inside.length })}
      </MayButton>
    </Space>
  );
}
