import { describe, expect, test } from "vitest";
import { isPublicAddress, parseAddressPolicy } from "../../src/lib/address.ts";

describe("an address is not public", () => {
  test.each([
    ["loopback", "127.0.0.1"],
    ["loopback elsewhere in its block", "127.8.9.10"],
    ["private, 10/8", "10.255.0.1"],
    ["private, 172.16/12", "172.31.255.255"],
    ["private, 192.168/16", "192.168.0.10"],
    ["carrier-grade NAT", "100.64.0.1"],
    ["link-local, where cloud metadata is served", "169.254.169.254"],
    ["unspecified", "0.0.0.0"],
    ["multicast", "224.0.0.1"],
    ["broadcast", "255.255.255.255"],
    ["IPv6 loopback", "::1"],
    ["IPv6 unspecified", "::"],
    ["IPv6 unique local", "fd12:3456::1"],
    ["IPv6 link-local", "fe80::1"],
    ["IPv6 link-local with its zone", "fe80::1%eth0"],
    ["IPv6 multicast", "ff02::1"],
    ["IPv4-mapped loopback", "::ffff:127.0.0.1"],
    ["IPv4-mapped private, in hexadecimal", "::ffff:a00:1"],
    ["IPv4-mapped metadata, written out", "0:0:0:0:0:ffff:a9fe:a9fe"],
    ["IPv4-compatible loopback", "::127.0.0.1"],
    ["NAT64 of a private address", "64:ff9b::10.0.0.1"],
    ["6to4 of a private address", "2002:a00:1::1"],
    ["no address at all", "localhost"],
    ["empty", ""],
  ])("%s", (_, address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

test.each(["1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1"])(
  "%s is public",
  (address) => {
    expect(isPublicAddress(address)).toBe(true);
  },
);

describe("the setting", () => {
  test("false and nothing allow public addresses only", () => {
    for (const setting of ["false", " FALSE ", ""]) {
      const allows = parseAddressPolicy(setting);
      expect([allows("1.1.1.1"), allows("127.0.0.1")]).toEqual([true, false]);
    }
  });

  test("true allows everything", () => {
    expect(parseAddressPolicy("true")("127.0.0.1")).toBe(true);
  });

  test("a list opens exactly its ranges, also for the same IPv4 address inside an IPv6 one", () => {
    const allows = parseAddressPolicy("10.1.0.0/16, 192.168.7.7 fd00:1::/32");
    expect(["10.1.2.3", "::ffff:10.1.2.3", "192.168.7.7", "fd00:1::5", "1.1.1.1"].map(allows)).toEqual([
      true,
      true,
      true,
      true,
      true,
    ]);
    expect(["10.2.0.1", "192.168.7.8", "fd00:2::5", "127.0.0.1", "::ffff:10.2.0.1"].map(allows)).toEqual([
      false,
      false,
      false,
      false,
      false,
    ]);
  });

  test("every wrong entry is named", () => {
    expect(() => parseAddressPolicy("10.0.0.0/33, yes, 10.0.0.0/8, ::/129")).toThrow(/10\.0\.0\.0\/33, yes, ::\/129/);
  });
});
