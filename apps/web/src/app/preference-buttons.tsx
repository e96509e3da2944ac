import { MoonOutlined, SunOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useText } from "../i18n/use-text.js";
import { usePreferences } from "./preferences.js";

/** Switches of language and theme. */
export function PreferenceButtons() {
  const t = useText();
  const { language, theme, change } = usePreferences();
  return (
    <>
      <Button
        type="text"
        className="language-button"
        aria-label={t("frame.language")}
        onClick={() => change({ language: language === "zh" ? "en" : "zh" })}
      >
        {t("frame.otherLanguage")}
      </Button>
      <Button
        type="text"
        icon={theme === "dark" ? <SunOutlined /> : <MoonOutlined />}
        aria-label={t(theme === "dark" ? "frame.lightTheme" : "frame.darkTheme")}
        title={t(theme === "dark" ? "frame.lightTheme" : "frame.darkTheme")}
        onClick={() => change({ theme: theme === "dark" ? "light" : "dark" })}
      />
    </>
  );
}
