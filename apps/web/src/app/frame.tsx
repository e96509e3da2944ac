import { Drawer, Grid, Layout } from "antd";
import { useEffect, useState } from "react";
import { Outlet, useLocation, useNavigation } from "react-router";
import { useText } from "../i18n/use-text.js";
import { HeldBanner } from "../naming/held-banner.js";
import { CommandPalette } from "./command-palette.js";
import { Navigation } from "./navigation.js";
import { usePreferences } from "./preferences.js";
import { TopBar } from "./top-bar.js";

/** What stays around every page: top bar, navigation, command palette. */
export function Frame() {
  const t = useText();
  const { collapsed } = usePreferences();
  const wide = Grid.useBreakpoint().md ?? true;
  const [drawer, setDrawer] = useState(false);
  const [palette, setPalette] = useState(false);
  const { pathname } = useLocation();
  const loading = useNavigation().state === "loading";
  // biome-ignore lint/correctness/useExhaustiveDependencies: a chosen page closes the drawer
  useEffect(() => setDrawer(false), [pathname]);
  usePaletteKey(() => setPalette((open) => !open));
  return (
    <Layout className="frame">
      <a className="skip-link" href="#content">
        {t("frame.skip")}
      </a>
      <TopBar wide={wide} onMenu={() => setDrawer(true)} onSearch={() => setPalette(true)} />
      <Layout className="frame-body">
        {wide ? (
          <nav className={collapsed ? "side collapsed" : "side"} aria-label={t("frame.navigation")}>
            <Navigation collapsed={collapsed} collapsible />
          </nav>
        ) : (
          <Drawer
            open={drawer}
            onClose={() => setDrawer(false)}
            placement="left"
            size={280}
            title="msec"
            styles={{ body: { padding: 0 } }}
          >
            <Navigation collapsed={false} collapsible={false} />
          </Drawer>
        )}
        <main id="content" className={loading ? "content dimmed" : "content"} tabIndex={-1}>
          <HeldBanner />
          <Outlet />
        </main>
      </Layout>
      <CommandPalette open={palette} onClose={() => setPalette(false)} />
    </Layout>
  );
}

/** ⌘K or Ctrl-K from anywhere. */
function usePaletteKey(onKey: () => void): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== "k" || !(event.metaKey || event.ctrlKey)) return;
      event.preventDefault();
      onKey();
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  });
}
