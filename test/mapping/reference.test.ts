import { join } from "node:path";
import { expect, test } from "vitest";
import { loadExtensions } from "../support/load-schemas.ts";
import { mappingReference } from "./reference.ts";

test("the reference in the documentation is the one that the definitions give", async () => {
  const extensions = await loadExtensions(join(import.meta.dirname, "../../schemas"));
  await expect(mappingReference(extensions)).toMatchFileSnapshot("../../docs/mapping-reference.md");
});
