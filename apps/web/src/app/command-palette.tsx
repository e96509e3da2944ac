import { SearchOutlined } from "@ant-design/icons";
import { Input, type InputRef, Modal, Tag } from "antd";
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { useText } from "../i18n/use-text.js";
import { matchItems, type PaletteItem } from "./palette-items.js";
import { usePaletteItems } from "./use-palette-items.js";

interface CommandPaletteProps {
  readonly open: boolean;
  readonly onClose: () => void;
}

/** Goes anywhere by typing: services, machines, instances, releases, request ids, pages. */
export function CommandPalette({ open, onClose }: CommandPaletteProps) {
  return (
    <Modal
      open={open}
      onCancel={onClose}
      footer={null}
      closable={false}
      width={620}
      destroyOnHidden
      className="palette"
      style={{ top: 72 }}
    >
      <PaletteBody onClose={onClose} />
    </Modal>
  );
}

function PaletteBody({ onClose }: { readonly onClose: () => void }) {
  const t = useText();
  const navigate = useNavigate();
  const input = useRef<InputRef>(null);
  const [search, setSearch] = useState("");
  const [chosen, setChosen] = useState(0);
  const items = usePaletteItems();
  const found = useMemo(() => matchItems(items, search, t("palette.openRequest")), [items, search, t]);
  useEffect(() => {
    const timer = setTimeout(() => input.current?.focus(), 50);
    return () => clearTimeout(timer);
  }, []);
  const go = (item: PaletteItem | undefined) => {
    if (!item) return;
    onClose();
    void navigate(item.to);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    setChosen((old) => (old + step + found.length) % Math.max(1, found.length));
  };
  return (
    <>
      <Input
        ref={input}
        size="large"
        variant="borderless"
        prefix={<SearchOutlined />}
        placeholder={t("palette.placeholder")}
        aria-label={t("palette.placeholder")}
        value={search}
        onChange={(event) => {
          setSearch(event.target.value);
          setChosen(0);
        }}
        onKeyDown={onKeyDown}
        onPressEnter={() => go(found[chosen])}
      />
      <ul className="palette-list">
        {found.map((item, index) => (
          <PaletteRow
            key={`${item.kind} ${item.text} ${item.to}`}
            item={item}
            chosen={index === chosen}
            onGo={() => go(item)}
          />
        ))}
      </ul>
      {found.length === 0 && <p className="faint palette-none">{t("palette.none")}</p>}
    </>
  );
}

interface PaletteRowProps {
  readonly item: PaletteItem;
  readonly chosen: boolean;
  readonly onGo: () => void;
}

function PaletteRow({ item, chosen, onGo }: PaletteRowProps) {
  const t = useText();
  const row = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (chosen) row.current?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  return (
    <li ref={row}>
      <button type="button" className={chosen ? "palette-row chosen" : "palette-row"} onClick={onGo}>
        <Tag>{t(`palette.${item.kind}`)}</Tag>
        <span className="ellipsis">{item.text}</span>
        <span className="faint ellipsis spacer-left">{item.hint}</span>
      </button>
    </li>
  );
}
