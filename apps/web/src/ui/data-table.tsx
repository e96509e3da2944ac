import { DownloadOutlined, SearchOutlined } from "@ant-design/icons";
import { Button, Input, Table, type TableProps, Tooltip } from "antd";
import { type ReactNode, useMemo, useState } from "react";
import { useText } from "../i18n/use-text.js";
import { downloadText } from "./download.js";
import { compareCells, filterRows, type TextColumn, toCsv } from "./table-data.js";

export interface Column<T> extends TextColumn<T> {
  readonly key: string;
  readonly render?: (row: T) => ReactNode;
  /** Numbers stand right. */
  readonly numeric?: boolean;
  readonly width?: number;
  /** Offer the distinct texts of this column as a filter. */
  readonly filter?: boolean;
  readonly sort?: "ascend" | "descend";
}

interface DataTableProps<T> {
  /** Name of the exported file and key of the table. */
  readonly name: string;
  readonly rows: readonly T[];
  readonly rowKey: (row: T) => string;
  readonly columns: readonly Column<T>[];
  /** Last column with buttons; neither sorted nor exported. */
  readonly actions?: ((row: T) => ReactNode) | undefined;
  readonly empty: ReactNode;
  readonly onRow?: (row: T) => void;
  readonly expand?: (row: T) => ReactNode;
  readonly selection?: { readonly keys: readonly string[]; readonly onChange: (keys: string[]) => void };
  /** Beside the search box. */
  readonly toolbar?: ReactNode;
  /** Leave out search and export; for small tables. */
  readonly plain?: boolean;
}

const PAGE_SIZE = 100;

/** A table that sorts, searches, filters and exports from one text per cell. */
export function DataTable<T extends object>(props: DataTableProps<T>) {
  const { rows, columns, plain = false } = props;
  const [search, setSearch] = useState("");
  const shown = useMemo(() => filterRows(rows, columns, search), [rows, columns, search]);
  const table: TableProps<T> = {
    size: "small",
    rowKey: props.rowKey,
    dataSource: shown as T[],
    columns: antColumns(props),
    pagination: shown.length > PAGE_SIZE ? { pageSize: PAGE_SIZE, showSizeChanger: false, size: "small" } : false,
    scroll: { x: "max-content" },
    locale: { emptyText: props.empty },
    showSorterTooltip: false,
  };
  if (props.selection)
    table.rowSelection = {
      selectedRowKeys: [...props.selection.keys],
      onChange: (keys) => props.selection?.onChange(keys.map(String)),
    };
  if (props.expand) table.expandable = { expandedRowRender: props.expand, expandRowByClick: true };
  if (props.onRow) table.onRow = (row) => clickable(() => props.onRow?.(row));
  return (
    <div className="data-table">
      {!plain && <Toolbar {...props} shown={shown} search={search} onSearch={setSearch} />}
      <Table<T> {...table} />
    </div>
  );
}

function Toolbar<T>(
  props: DataTableProps<T> & { shown: readonly T[]; search: string; onSearch: (search: string) => void },
) {
  const t = useText();
  return (
    <div className="table-toolbar">
      <Input
        size="small"
        allowClear
        className="table-search"
        prefix={<SearchOutlined />}
        placeholder={t("table.search")}
        aria-label={t("table.search")}
        value={props.search}
        onChange={(event) => props.onSearch(event.target.value)}
      />
      {props.toolbar}
      <span className="faint spacer">{t("table.count", { shown: props.shown.length, all: props.rows.length })}</span>
      <Tooltip title={t("table.export")}>
        <Button
          size="small"
          type="text"
          icon={<DownloadOutlined />}
          aria-label={t("table.export")}
          onClick={() => downloadText(`${props.name}.csv`, toCsv(props.shown, props.columns))}
        />
      </Tooltip>
    </div>
  );
}

function antColumns<T extends object>(props: DataTableProps<T>): NonNullable<TableProps<T>["columns"]> {
  const columns: NonNullable<TableProps<T>["columns"]> = props.columns.map((column) => ({
    key: column.key,
    title: column.title,
    align: column.numeric ? ("right" as const) : ("left" as const),
    ...(column.width === undefined ? {} : { width: column.width }),
    ...(column.sort === undefined ? {} : { defaultSortOrder: column.sort }),
    sorter: (a: T, b: T) => compareCells(column.text(a), column.text(b)),
    render: (_: unknown, row: T) => (column.render ? column.render(row) : (column.text(row) ?? "–")),
    ...(column.filter ? filterOf(column, props.rows) : {}),
  }));
  if (props.actions)
    columns.push({
      key: "actions",
      title: "",
      align: "right",
      fixed: "right",
      render: (_: unknown, row: T) => props.actions?.(row),
    });
  return columns;
}

function filterOf<T>(column: Column<T>, rows: readonly T[]) {
  const values = [...new Set(rows.map((row) => String(column.text(row) ?? "")))].sort(compareCells);
  return {
    filters: values.map((value) => ({ text: value, value })),
    onFilter: (value: unknown, row: T) => String(column.text(row) ?? "") === value,
  };
}

function clickable(onOpen: () => void) {
  return {
    className: "clickable",
    tabIndex: 0,
    onClick: onOpen,
    onKeyDown: (event: { key: string; target: unknown; currentTarget: unknown }) => {
      if (event.key === "Enter" && event.target === event.currentTarget) onOpen();
    },
  };
}
