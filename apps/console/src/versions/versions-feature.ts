import type { ConsoleContext } from "../context.js";
import type { Feature } from "../feature.js";
import type { ServiceService } from "../services/service-service.js";
import { BlobStore } from "./blob-store.js";
import { PluginService } from "./plugin-service.js";
import { TextService } from "./text-service.js";
import { versionRoutes } from "./version-routes.js";
import { VersionService } from "./version-service.js";

export interface VersionsFeature extends Feature {
  readonly versions: VersionService;
  readonly blobs: BlobStore;
}

export function versionsFeature(context: ConsoleContext, services: ServiceService): VersionsFeature {
  const { database, paths } = context;
  const versions = new VersionService(context);
  const blobs = new BlobStore(`${paths.console}/blobs`);
  const plugins = new PluginService({ versions, blobs, database });
  services.addWatcher({ afterRemoveService: () => plugins.sweep() });
  return {
    name: "versions",
    routes: versionRoutes({ versions, texts: new TextService(versions), plugins }),
    versions,
    blobs,
    start: async () => {
      await blobs.prepare();
      await plugins.sweep();
    },
  };
}
