import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, gzip } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Puts a compressed copy beside each script and style sheet: the server hands it out as it is. */
function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    async writeBundle({ dir = "" }, bundle) {
      for (const fileName of Object.keys(bundle)) {
        if (!/\.(js|css)$/.test(fileName)) continue;
        const file = `${dir}/${fileName}`;
        const source = await readFile(file);
        await writeFile(`${file}.br`, await promisify(brotliCompress)(source));
        await writeFile(`${file}.gz`, await promisify(gzip)(source, { level: 9 }));
      }
    },
  };
}

/**
 * The console: built into `dist/console`, which the server hands out as it is. `npx vite` serves it while it is worked on,
 * with the API of a bridge at BRIDGE_URL behind it.
 */
export default defineConfig({
  root: here("src/console"),
  plugins: [react(), compressed()],
  build: { outDir: here("dist/console"), emptyOutDir: true, chunkSizeWarningLimit: 1500 },
  server: { proxy: { "/api": process.env["BRIDGE_URL"] ?? "http://127.0.0.1:8080" } },
});
