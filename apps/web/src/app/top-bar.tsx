import { MenuOutlined, SearchOutlined, UserOutlined } from "@ant-design/icons";
import { Button, Dropdown } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { ChangePasswordDialog } from "../accounts/change-password-dialog.js";
import { api } from "../api/api.js";
import { useSession } from "../api/session.js";
import { useApi } from "../api/use-api.js";
import { usePhrase } from "../i18n/use-phrase.js";
import { useText } from "../i18n/use-text.js";
import { useShowError } from "../ui/show-error.js";
import { StateTag } from "../ui/state-tag.js";
import { PreferenceButtons } from "./preference-buttons.js";

interface TopBarProps {
  readonly wide: boolean;
  readonly onMenu: () => void;
  readonly onSearch: () => void;
}

export function TopBar({ wide, onMenu, onSearch }: TopBarProps) {
  const t = useText();
  return (
    <header className="top-bar">
      {!wide && <Button type="text" icon={<MenuOutlined />} aria-label={t("frame.navigation")} onClick={onMenu} />}
      <Link to="/" className="logo">
        <img src="/icon.svg" width={22} height={22} alt="" />
        <span>msec</span>
      </Link>
      <button type="button" className="palette-button" onClick={onSearch} aria-label={t("palette.open")}>
        <SearchOutlined />
        {wide && <span className="palette-hint">{t("palette.open")}</span>}
        {wide && <kbd>{/Mac|iPhone/.test(navigator.userAgent) ? "⌘K" : "Ctrl K"}</kbd>}
      </button>
      <span className="spacer" />
      <SystemHealth />
      <PreferenceButtons />
      <UserMenu wide={wide} />
    </header>
  );
}

/** The state of the whole system in one badge. */
function SystemHealth() {
  const t = useText();
  const phrase = usePhrase();
  const overview = useApi("overview.get", undefined, { refreshMs: 5000 });
  if (overview.error) return <StateTag tone="failing" word={t("frame.noAnswer")} title={overview.error.message} />;
  if (!overview.data) return null;
  const { health, text, services } = overview.data;
  const bad = services.filter((each) => each.health === "failing" || each.health === "degraded").length;
  const word =
    health === "well" ? t("frame.allWell") : bad > 0 ? t("frame.notWell", { n: bad }) : t(`health.${health}`);
  return (
    <Link to="/" className="health-badge">
      <StateTag tone={health} word={word} title={phrase(text)} />
    </Link>
  );
}

function UserMenu({ wide }: { readonly wide: boolean }) {
  const t = useText();
  const { user } = useSession();
  const [changing, setChanging] = useState(false);
  const signOut = useSignOut();
  return (
    <>
      <Dropdown
        trigger={["click"]}
        menu={{
          items: [
            {
              key: "who",
              label: t("user.signedInAs", { name: user.name, role: t(`role.${user.role}`) }),
              disabled: true,
            },
            { type: "divider" },
            { key: "password", label: t("user.changePassword"), onClick: () => setChanging(true) },
            { key: "out", label: t("user.signOut"), onClick: () => void signOut() },
          ],
        }}
      >
        <Button type="text" icon={<UserOutlined />} aria-label={t("user.menu")}>
          {wide && user.name}
        </Button>
      </Dropdown>
      <ChangePasswordDialog open={changing} onClose={() => setChanging(false)} />
    </>
  );
}

function useSignOut(): () => Promise<void> {
  const showError = useShowError();
  return async () => {
    try {
      await api("sessions.delete");
      // A fresh page: nothing of the session stays in memory.
      window.location.assign("/login");
    } catch (error) {
      showError(error);
    }
  };
}
