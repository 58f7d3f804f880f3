import { expect, it } from "vitest";
import { noSafeguards, startEngineFixture } from "../support/engine.ts";

it("who agreed at WeCom alone, and never came back here, makes nobody else's fields seen", async () => {
  const fixture = await startEngineFixture({
    corp: { shape: { members: 60, departments: 12, seed: 1, quirks: false } },
    source: { safeguards: noSafeguards },
  });
  await fixture.sync();
  const withPhone = () =>
    fixture.control.dump().users.filter(({ resource }) => resource["phoneNumbers"] !== undefined).length;
  const before = withPhone();
  expect(before).toBeGreaterThan(20);
  fixture.corp.setSettings({ privacy: "new", afterConsent: "read" });
  await fixture.sync();
  expect(withPhone()).toBe(before);
  const someone = fixture.corp.truth().members.find(({ mobile, email, status }) => mobile && email && status === 1);
  fixture.corp.setConsent(someone?.userid ?? "", true);
  await fixture.sync();
  expect(withPhone()).toBe(before);
  // An app that is shown these fields is known by showing them of nearly everybody: what is gone then is cleared.
  fixture.corp.setSettings({ privacy: "old" });
  fixture.corp.patchMember(someone?.userid ?? "", { mobile: null, telephone: null });
  await fixture.sync();
  expect(withPhone()).toBe(before - 1);
});
