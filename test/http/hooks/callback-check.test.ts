import { describe, expect, it } from "vitest";
import { callbackCheck } from "../../../src/http/hooks/callback-check.ts";

const sync = { automatic: true, users: true, intervalHours: 1 };
const secrets = {
  "/wecom/callback/token": "one",
  "/wecom/callback/encodingAesKey": "two",
  "/wecom/appCallback/token": "three",
  "/wecom/appCallback/encodingAesKey": "four",
};
const never = { contacts: null, app: null };
const url = "https://bridge.example.com";

describe("the connection test", () => {
  it("says how events are had where there are none", () => {
    const { ok, detail } = callbackCheck({ id: "s1", secrets: {}, sync }, url, never);
    expect(ok).toBe(true);
    expect(detail).toContain("管理工具 → 通讯录同步 → 设置接收事件服务器");
  });

  it("says what to enter where while none has come, and nothing of what is secret", () => {
    const { detail } = callbackCheck({ id: "s1", secrets, sync }, url, never);
    expect(detail).toContain("enter https://bridge.example.com/wecom/callback/s1 with");
    expect(detail).toContain("enter https://bridge.example.com/wecom/callback/s1/app with");
    for (const secret of Object.values(secrets)) expect(detail).not.toContain(` ${secret} `);
    expect(callbackCheck({ id: null, secrets, sync }, url, never).detail).toContain("once the source is stored");
  });

  it("says when the last one came, and whether that leads to anything", () => {
    const heard = { contacts: Date.UTC(2026, 2, 1, 8), app: null };
    const check = callbackCheck({ id: "s1", secrets, sync: { ...sync, automatic: false } }, url, heard);
    expect(check.detail).toContain("The last event for wecom.callback came at 2026-03-01T08:00:00.000Z.");
    expect(check.detail).toContain("sync.automatic");
  });
});
