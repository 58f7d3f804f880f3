import type { SchemaCatalog } from "../scim/catalog.ts";
import { type DirectoryWrite, type DirectoryWriter, userGroups } from "../store/store.ts";
import { turn } from "./import-departments.ts";
import { compileRules, mayLeaveInPassing } from "./rules.ts";

/**
 * Dynamic groups during an import, which is many transactions and counts as one write: people come at once, and leave in
 * the end, so that no group is emptied slice by slice.
 */
export interface ImportRules {
  /** In the transaction that changed these people: they come to the groups whose filters find them now. */
  join(write: DirectoryWrite, users: readonly string[]): Promise<void>;
  /** All whom {@link join} was told of leave the groups whose filters find them no more; too many for one all stay there. */
  leave(): Promise<void>;
}

export function makeImportRules(writer: DirectoryWriter, catalog: () => SchemaCatalog): ImportRules {
  const touched = new Set<string>();
  /** How many members each group had before. */
  const sizes = new Map<string, number>();
  return {
    async join(write, users) {
      if (users.length === 0) return;
      for (const id of users) touched.add(id);
      let changed = false;
      for (const rule of compileRules(await write.listRules(), catalog())) {
        const { groupId } = rule;
        if (!sizes.has(groupId)) sizes.set(groupId, (await write.ruleLosses(rule, { users: [] })).total);
        if (await write.settleRule(rule, { users }, "none")) changed = true;
      }
      if (changed) await write.noteChange(userGroups);
    },

    async leave() {
      const among = { users: [...touched] };
      // One transaction for each group: other writers need not wait for all of them.
      for (const groupId of sizes.keys()) {
        await writer.writeDirectory(async (write) => {
          const own = (await write.listRules()).filter((each) => each.groupId === groupId);
          for (const rule of compileRules(own, catalog())) {
            const { removed, total } = await write.ruleLosses(rule, among);
            if (!mayLeaveInPassing({ removed, total: sizes.get(groupId) ?? total })) continue;
            if (await write.settleRule(rule, among, "unheld")) await write.noteChange(userGroups);
          }
        });
        await turn();
      }
    },
  };
}
