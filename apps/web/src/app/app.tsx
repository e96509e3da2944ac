import { isAppError } from "@msec/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { App as AntApp, theme as antTheme, ConfigProvider } from "antd";
import enUS from "antd/locale/en_US";
import zhCN from "antd/locale/zh_CN";
import { useMemo } from "react";
import { RouterProvider } from "react-router";
import { PreferencesProvider, usePreferences } from "./preferences.js";
import { createRouter } from "./router.js";
import { ACCENT, SEGMENTED, SURFACES, SYSTEM_FONT } from "./theme.js";

const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 1000,
      // A refused request stays refused; a console that restarts is back in a moment.
      retry: (count, error) => isAppError(error) && error.code === "UNAVAILABLE" && count < 2,
    },
  },
});
const router = createRouter(queryClient);

function Themed() {
  const { theme, language } = usePreferences();
  const config = useMemo(
    () => ({
      algorithm: [theme === "dark" ? antTheme.darkAlgorithm : antTheme.defaultAlgorithm, antTheme.compactAlgorithm],
      token: {
        colorPrimary: ACCENT[theme],
        colorInfo: ACCENT[theme],
        colorLink: ACCENT[theme],
        ...SURFACES[theme],
        fontSize: 14,
        fontFamily: SYSTEM_FONT,
        borderRadius: 6,
        wireframe: false,
      },
      components: {
        Segmented: SEGMENTED[theme],
        Table: { cellPaddingBlockSM: 6, cellPaddingInlineSM: 8 },
      },
    }),
    [theme],
  );
  return (
    <ConfigProvider button={{ autoInsertSpace: false }} theme={config} locale={language === "zh" ? zhCN : enUS}>
      <AntApp component={false}>
        <RouterProvider router={router} />
      </AntApp>
    </ConfigProvider>
  );
}

/** Everything: preferences, theme, the one query cache, pages. */
export function App() {
  return (
    <PreferencesProvider>
      <QueryClientProvider client={queryClient}>
        <Themed />
      </QueryClientProvider>
    </PreferencesProvider>
  );
}
