import { createApiClient, MAX_PLUGIN_BYTES, type Version } from "@msec/api-schema";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Form, Input, Modal, Progress, Upload } from "antd";
import { useRef, useState } from "react";
import { formatBytes } from "../format/format.js";
import { useText } from "../i18n/use-text.js";
import { useServiceName } from "../services/use-service.js";
import { ErrorText } from "../ui/error-panel.js";
import { memoRules, nameRules } from "../ui/name-rules.js";
import { uploadFetch } from "./upload-fetch.js";

interface UploadDialogProps {
  readonly open: boolean;
  readonly onClose: (uploaded?: Version) => void;
}

interface NewPlugin {
  readonly tag: string;
  readonly memo?: string;
}

/** Uploads a plug-in archive and shows how far it is. */
export function UploadDialog({ open, onClose }: UploadDialogProps) {
  const t = useText();
  const [form] = Form.useForm<NewPlugin>();
  const [file, setFile] = useState<File>();
  const upload = useUpload(file, onClose);
  const tooLarge = file !== undefined && file.size > MAX_PLUGIN_BYTES;
  return (
    <Modal
      open={open}
      title={t("plugins.upload")}
      okText={t("plugins.upload")}
      okButtonProps={{ disabled: !file || tooLarge }}
      confirmLoading={upload.mutation.isPending}
      onOk={() => form.submit()}
      onCancel={() => {
        upload.stop();
        onClose();
      }}
      afterClose={() => {
        form.resetFields();
        setFile(undefined);
        upload.mutation.reset();
      }}
    >
      <Form form={form} layout="vertical" onFinish={(values) => upload.mutation.mutate(values)}>
        <Form.Item
          label={t("plugins.file")}
          {...(tooLarge
            ? { validateStatus: "error", help: t("plugins.tooLarge", { size: formatBytes(MAX_PLUGIN_BYTES) }) }
            : {})}
        >
          <Upload.Dragger
            accept=".tgz,.tar.gz"
            maxCount={1}
            showUploadList={false}
            beforeUpload={(chosen) => {
              setFile(chosen);
              if (upload.mutation.isError) upload.mutation.reset();
              return false;
            }}
          >
            {file ? (
              <span>
                <strong>{file.name}</strong> · {formatBytes(file.size)}
              </span>
            ) : (
              <span className="faint">{t("plugins.drop")}</span>
            )}
          </Upload.Dragger>
        </Form.Item>
        <Form.Item name="tag" label={t("versions.tag")} rules={nameRules(t)} extra={t("form.nameHint")}>
          <Input autoComplete="off" maxLength={16} />
        </Form.Item>
        <Form.Item name="memo" label={t("common.memo")} rules={memoRules(t)}>
          <Input autoComplete="off" maxLength={140} />
        </Form.Item>
        {upload.mutation.isPending && <Progress percent={Math.round(upload.ratio * 100)} status="active" />}
        {upload.mutation.isPending && upload.ratio >= 1 && <p className="faint">{t("plugins.checking")}</p>}
        {upload.mutation.error && <ErrorText error={upload.mutation.error} />}
      </Form>
    </Modal>
  );
}

function useUpload(file: File | undefined, onDone: (version: Version) => void) {
  const { first, second } = useServiceName();
  const queryClient = useQueryClient();
  const [ratio, setRatio] = useState(0);
  const stopper = useRef<AbortController>(undefined);
  const mutation = useMutation<Version, Error, NewPlugin>({
    mutationFn: ({ tag, memo = "" }) => {
      setRatio(0);
      stopper.current = new AbortController();
      const client = createApiClient({ baseUrl: "", fetch: uploadFetch(setRatio, stopper.current.signal) });
      return client("plugins.upload", { params: { first, second, tag }, query: { memo }, body: file ?? new Blob() });
    },
    onSuccess: (version) => {
      void queryClient.invalidateQueries();
      onDone(version);
    },
  });
  return { mutation, ratio, stop: () => stopper.current?.abort() };
}
