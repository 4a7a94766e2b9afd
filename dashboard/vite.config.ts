import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const engine = process.env.MCP_ENGINE_URL ?? "http://127.0.0.1:8600";
const served = ["/api", "/healthz", "/readyz", "/metrics", "/openapi.json", "/docs"];

export default defineConfig({
  plugins: [react(), tailwindcss()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  server: { proxy: Object.fromEntries(served.map((path) => [path, { target: engine }])) },
  build: {
    target: ["chrome123", "firefox120", "safari17.5"],
    // Names without hashes: dist is committed, and the server makes browsers ask before they reuse a file.
    rollupOptions: {
      input: ["index.html", "docs.html"],
      output: {
        entryFileNames: "assets/[name].js",
        chunkFileNames: "assets/[name].js",
        assetFileNames: "assets/[name][extname]",
      },
    },
    license: { fileName: "licenses.md" },
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1700,
  },
});
