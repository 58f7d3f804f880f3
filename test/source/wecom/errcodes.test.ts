import { describe, expect, test } from "vitest";
import { meaningOf, type Reaction } from "../../../src/source/wecom/errcodes.ts";
import { refusal, toSourceError } from "../../../src/source/wecom/fault.ts";

const expected: Readonly<Record<Reaction, readonly number[]>> = {
  "renew-token": [40014, 42001, 40082, 42009],
  retry: [-1, 6000, 40085],
  wait: [45009],
  "slow-down": [45033],
  object: [
    40003, 40029, 40031, 40066, 40068, 40070, 40071, 40072, 40078, 40088, 42007, 42022, 45024, 45026, 45029, 50002,
    60003, 60008, 60009, 60010, 60011, 60021, 60102, 60103, 60104, 60105, 60106, 60110, 60111, 60112, 60121, 60123,
    60124, 60125, 60129, 81001, 81011, 81013, 84014, 84015, 301005, 301036,
  ],
  connection: [
    40001, 40013, 40056, 40083, 40084, 40091, 48001, 48002, 48003, 48004, 48005, 48006, 48008, 48009, 50001, 50003,
    60020, 60031, 301002, 301007, 301042, 2000002,
  ],
  bug: [40058, 40063, 41001, 41002, 41004, 41009, 41017, 41021, 41022, 41023, 41024, 41025],
};

describe("WeCom's error codes", () => {
  for (const [reaction, errcodes] of Object.entries(expected)) {
    test.each(errcodes)(`%i calls for: ${reaction}`, (errcode) => {
      expect(meaningOf(errcode).reaction).toBe(reaction);
    });
  }

  test("a code that nobody described ends the run", () => {
    expect(meaningOf(987654)).toMatchObject({ reaction: "connection", code: "wecom.refused" });
    expect(refusal(987654, "whatever").message).toContain("987654");
  });

  test("only passing troubles are worth another try without a person", () => {
    const retryable = (errcode: number): boolean => toSourceError(refusal(errcode, "")).retryable;
    expect([-1, 6000, 45009, 45033].map(retryable)).toEqual([true, true, true, true]);
    expect([40001, 60020, 50003, 987654, 40014].map(retryable)).toEqual([false, false, false, false, false]);
  });

  test("an untrusted address is named, and where to trust it", () => {
    const fault = refusal(60020, "not allow to access from your ip, hint: [1], from ip: 203.0.113.7, more info at …");
    expect(fault.code).toBe("wecom.ip-untrusted");
    expect(fault.callerIp).toBe("203.0.113.7");
    expect(fault.message).toContain("203.0.113.7");
    expect(fault.message).toContain("企业可信IP");
    expect(fault.message).toContain("应用管理");
  });

  test("an address of IPv6 is found too, and what is none is not repeated", () => {
    expect(refusal(60020, "x, from ip: 2001:db8::17, more").callerIp).toBe("2001:db8::17");
    expect(refusal(60020, "x, from ip: 999.1.1.1, more").callerIp).toBeNull();
    expect(refusal(60020, "").callerIp).toBeNull();
  });

  test("free text of WeCom is never repeated", () => {
    expect(refusal(40001, "invalid credential s3cr3t, from ip: 203.0.113.7").message).not.toContain("s3cr3t");
  });
});
