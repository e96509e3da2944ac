import type { Theme } from "./preferences.js";

/** The one accent colour. */
export const ACCENT: Readonly<Record<Theme, string>> = { light: "#2f54eb", dark: "#6b8afd" };

export const SYSTEM_FONT =
  '-apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, "Noto Sans", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "WenQuanYi Zen Hei", sans-serif';

/** Colours of curves, in the order of use; readable on both backgrounds. */
export const CURVE_COLOURS: Readonly<Record<Theme, readonly string[]>> = {
  light: ["#2f54eb", "#08979c", "#d46b08", "#9254de", "#389e0d", "#c41d7f", "#7c8594", "#ad8b00"],
  dark: ["#6b8afd", "#36cfc9", "#ffa940", "#b37feb", "#73d13d", "#f759ab", "#a3adbd", "#d4b106"],
};

/** Red of errors in curves. */
export const ERROR_COLOUR: Readonly<Record<Theme, string>> = { light: "#cf1322", dark: "#ff7875" };
export const AXIS_COLOUR: Readonly<Record<Theme, string>> = { light: "#5c6470", dark: "#a3adbd" };
export const GRID_COLOUR: Readonly<Record<Theme, string>> = { light: "#e8eaee", dark: "#2b2f36" };

/** Backgrounds and lines of Ant Design's components; the same as in styles/base.css. */
export const SURFACES: Readonly<Record<Theme, Readonly<Record<string, string>>>> = {
  light: { colorBgLayout: "#f6f7f9", colorBorderSecondary: "#e1e4ea" },
  dark: {
    colorBgLayout: "#0f1115",
    colorBgContainer: "#16191f",
    colorBgElevated: "#1c2027",
    colorBorder: "#3a404a",
    colorBorderSecondary: "#2b2f36",
    colorText: "#e3e6eb",
  },
};

export const SEGMENTED: Readonly<Record<Theme, Readonly<Record<string, string>>>> = {
  light: { trackBg: "#e9ecf2" },
  dark: { trackBg: "#1c2129", itemSelectedBg: "#343b48" },
};
