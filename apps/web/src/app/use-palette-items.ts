import { useMemo } from "react";
import { useSession } from "../api/session.js";
import { useApi } from "../api/use-api.js";
import { usePhrase } from "../i18n/use-phrase.js";
import { useText } from "../i18n/use-text.js";
import { NAVIGATION } from "./navigation.js";
import type { PaletteItem } from "./palette-items.js";
import { fullName } from "./tree-groups.js";

/** Everything the palette can open, from the lists that the console gives anyway. */
export function usePaletteItems(): readonly PaletteItem[] {
  const t = useText();
  const phrase = usePhrase();
  const { permissions } = useSession();
  const services = useApi("services.list").data?.services;
  const machines = useApi("machines.list").data?.machines;
  const releases = useApi("releases.list", { query: { limit: 100 } }).data?.releases;
  return useMemo(() => {
    const pages: PaletteItem[] = NAVIGATION.filter((entry) => permissions.includes(entry.permission)).map((entry) => ({
      kind: "page",
      text: t(entry.text),
      hint: entry.to,
      to: entry.to,
    }));
    const found: PaletteItem[] = (services ?? []).map((service) => ({
      kind: "service",
      text: fullName(service),
      hint: phrase(service.healthText),
      to: `/services/${service.first}/${service.second}`,
    }));
    const instances: PaletteItem[] = (machines ?? []).flatMap((machine) =>
      machine.services.map((service) => ({
        kind: "instance" as const,
        text: `${service.service} @ ${machine.address}`,
        hint: machine.name,
        to: `/services/${service.service.replace(".", "/")}/instances`,
      })),
    );
    const hosts: PaletteItem[] = (machines ?? []).map((machine) => ({
      kind: "machine",
      text: machine.name,
      hint: machine.address,
      to: `/machines/${machine.machineId}`,
    }));
    const plans: PaletteItem[] = (releases ?? []).map((release) => ({
      kind: "release",
      text: release.releaseId,
      hint: `${release.service} ${release.memo}`,
      to: `/releases/${release.releaseId}`,
    }));
    return [...pages, ...found, ...instances, ...hosts, ...plans];
  }, [t, phrase, permissions, services, machines, releases]);
}
