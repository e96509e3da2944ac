import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** Where the dev server finds an API: a console, or `npm run dev:fake`. */
const api = "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react()],
  resolve: { conditions: ["msec-source", "browser", "module", "import", "default"] },
  server: { host: "127.0.0.1", proxy: { "/api": api } },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    // The console sends `script-src 'self'`: nothing inline, no polyfill script, no data: fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1500,
  },
});
