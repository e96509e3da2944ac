import { App, Button } from "antd";
import { useAction } from "../api/use-action.js";
import { useApi } from "../api/use-api.js";
import { useText } from "../i18n/use-text.js";
import { useServiceName } from "../services/use-service.js";
import { ConfirmDialog } from "../ui/confirm-dialog.js";
import { errorFacts } from "../ui/error-facts.js";

export interface CapacityPlan {
  readonly action: "expand" | "shrink";
  readonly addresses: readonly string[];
}

interface CapacityDialogProps {
  readonly plan: CapacityPlan | undefined;
  readonly onClose: (done: boolean) => void;
}

/** Tells what an expand or shrink will do (the console's own dry run), then does it and tells what came of it. */
export function CapacityDialog({ plan, onClose }: CapacityDialogProps) {
  const t = useText();
  const { notification } = App.useApp();
  const { first, second, service } = useServiceName();
  const addresses = [...(plan?.addresses ?? [])];
  const action = plan?.action ?? "expand";
  const dryRun = useApi(
    "capacity.change",
    { params: { first, second }, body: { action, addresses, dryRun: true, allowEmpty: true } },
    { enabled: plan !== undefined },
  );
  const change = useAction("capacity.change", {
    quiet: true,
    onDone: (answer) => {
      notification.success({
        title: answer.text,
        description: t("capacity.done", {
          n: answer.inTraffic.length,
          told: answer.agentsTold,
          online: answer.agentsOnline,
          revision: answer.revision,
        }),
        duration: 10,
        actions: <UndoButton first={first} second={second} action={action} addresses={addresses} />,
      });
      onClose(true);
    },
  });
  const known = dryRun.data !== undefined && !dryRun.isPlaceholderData;
  const emptied = known && action === "shrink" && dryRun.data.inTraffic.length === 0;
  const after = known ? `${dryRun.data.text}\n${t("capacity.after", { n: dryRun.data.inTraffic.length })}` : undefined;
  return (
    <ConfirmDialog
      open={plan !== undefined}
      title={t(action === "expand" ? "capacity.expandTitle" : "capacity.shrinkTitle", { n: addresses.length })}
      text={dryRun.error && !known ? errorFacts(dryRun.error).message : after}
      okText={t(action === "expand" ? "capacity.expand" : "capacity.shrink")}
      danger={action === "shrink"}
      typeName={emptied ? (first === "RESERVED" ? service : second) : undefined}
      pending={change.isPending}
      error={change.error}
      onOk={() =>
        change.mutate({
          params: { first, second },
          body: { action, addresses, ...(emptied && { allowEmpty: true, confirm: service }) },
        })
      }
      onCancel={() => {
        change.reset();
        onClose(false);
      }}
    />
  );
}

interface UndoButtonProps extends CapacityPlan {
  readonly first: string;
  readonly second: string;
}

/** Takes an expand or shrink back. */
function UndoButton({ first, second, action, addresses }: UndoButtonProps) {
  const t = useText();
  const undo = useAction("capacity.change");
  const back = action === "expand" ? "shrink" : "expand";
  return (
    <Button
      size="small"
      disabled={undo.isSuccess}
      loading={undo.isPending}
      onClick={() =>
        undo.mutate({
          params: { first, second },
          body: { action: back, addresses: [...addresses], allowEmpty: true, confirm: `${first}.${second}` },
        })
      }
    >
      {t(undo.isSuccess ? "capacity.undone" : "capacity.undo")}
    </Button>
  );
}
