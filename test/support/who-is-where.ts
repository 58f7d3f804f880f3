import type { EngineFixture } from "./engine.ts";

/** Who is in the group of a department, in the directory and at the target; null there: there is no such group. */
export async function membersOf({ control, database }: EngineFixture, department: number) {
  const own = await database.db
    .selectFrom("member")
    .innerJoin("resource as g", "g.id", "member.group_id")
    .innerJoin("resource as x", "x.id", "member.member_id")
    .select("x.external_id")
    .where("g.external_id", "=", `department:${department}`)
    .execute();
  const group = control.dump().groups.find(({ resource }) => resource["externalId"] === `department:${department}`);
  return { own: own.map((row) => row.external_id).sort(), there: group?.members.length ?? null };
}

/** Every active person, and every membership by names, as the target holds them. */
export function picture({ control }: EngineFixture): { active: readonly string[]; memberships: readonly string[] } {
  const { users, groups } = control.dump();
  const name = new Map([...users, ...groups].map(({ id, resource }) => [id, String(resource["externalId"])]));
  return {
    active: users
      .flatMap(({ resource }) => (resource["active"] === true ? [String(resource["externalId"])] : []))
      .sort(),
    memberships: groups
      .flatMap(({ id, members }) => members.map(({ value }) => `${name.get(id)} has ${name.get(value)}`))
      .sort(),
  };
}
