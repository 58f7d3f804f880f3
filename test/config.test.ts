import { describe, expect, it } from "vitest";
import { ConfigError, defaultPublicUrl, readConfig } from "../src/config.ts";

function problemsOf(env: Readonly<Record<string, string>>): readonly string[] {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe("the environment", () => {
  it("may be empty: then everything has its default", () => {
    expect(readConfig({})).toEqual({
      port: 8080,
      host: "127.0.0.1",
      databaseUrl: "file:data/bridge.db",
      dataDir: "./data",
      schemasDir: "./schemas",
      publicUrl: null,
      adminToken: null,
      encryptionKey: null,
      allowPrivateAddresses: false,
      logLevel: "info",
    });
    expect(readConfig({ PORT: "", BRIDGE_ENCRYPTION_KEY: " " })).toEqual(readConfig({}));
  });

  it("is read whole", () => {
    const key = Buffer.alloc(32, 7);
    expect(
      readConfig({
        PORT: "0",
        HOST: "::1",
        DATABASE_URL: "postgres://bridge:pw@db.example.com/bridge",
        BRIDGE_DATA_DIR: "/var/lib/bridge",
        BRIDGE_SCHEMAS_DIR: "/etc/bridge",
        BRIDGE_PUBLIC_URL: "https://bridge.example.com/base/",
        BRIDGE_ADMIN_TOKEN: "0123456789abcdef",
        BRIDGE_ENCRYPTION_KEY: key.toString("base64"),
        BRIDGE_ALLOW_PRIVATE_ADDRESSES: "10.1.0.0/16, fd00::/8",
        BRIDGE_LOG_LEVEL: "DEBUG",
      }),
    ).toEqual({
      port: 0,
      host: "::1",
      databaseUrl: "postgres://bridge:pw@db.example.com/bridge",
      dataDir: "/var/lib/bridge",
      schemasDir: "/etc/bridge",
      publicUrl: "https://bridge.example.com/base",
      adminToken: "0123456789abcdef",
      encryptionKey: key,
      allowPrivateAddresses: ["10.1.0.0/16", "fd00::/8"],
      logLevel: "debug",
    });
  });

  it("puts the database into the data directory unless it is told otherwise", () => {
    expect(readConfig({ BRIDGE_DATA_DIR: "/srv/bridge" }).databaseUrl).toBe("file:/srv/bridge/bridge.db");
    expect(readConfig({ DATABASE_URL: "file:./a.db" }).databaseUrl).toBe("file:./a.db");
  });

  it("has one line for each wrong variable, with what was given and what is expected", () => {
    const problems = problemsOf({ PORT: "80 80", HOST: "a:1", BRIDGE_LOG_LEVEL: "loud", BRIDGE_PUBLIC_URL: "bridge" });
    expect(problems).toHaveLength(4);
    expect(problems).toContain('PORT: got "80 80", expected a port number from 0 to 65535');
    for (const problem of problems) expect(problem).toMatch(/^[A-Z_]+: got .+, expected .+$/);
  });

  it.each([
    ["PORT", "65536"],
    ["PORT", "-1"],
    ["PORT", "1e3"],
    ["HOST", "http://localhost"],
    ["DATABASE_URL", "mysql://root:planted-secret@db/x"],
    ["DATABASE_URL", "planted-secret"],
    ["DATABASE_URL", "postgres://user:planted-secret@host:port/db"],
    ["DATABASE_URL", "file:"],
    ["BRIDGE_PUBLIC_URL", "https://user:planted-secret@bridge.example.com"],
    ["BRIDGE_PUBLIC_URL", "https://bridge.example.com/?a=b"],
    ["BRIDGE_PUBLIC_URL", "ftp://bridge.example.com"],
    ["BRIDGE_ADMIN_TOKEN", "planted-secret"],
    ["BRIDGE_ADMIN_TOKEN", "planted-secret with spaces"],
    ["BRIDGE_ENCRYPTION_KEY", "planted-secret"],
    ["BRIDGE_ENCRYPTION_KEY", Buffer.alloc(31).toString("base64")],
    ["BRIDGE_ALLOW_PRIVATE_ADDRESSES", "yes"],
    ["BRIDGE_ALLOW_PRIVATE_ADDRESSES", "10.0.0.0/33"],
    ["BRIDGE_LOG_LEVEL", "verbose"],
  ])("refuses %s=%s without repeating a secret", (name, value) => {
    const problems = problemsOf({ [name]: value });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(new RegExp(`^${name}: got .+, expected .+`));
    expect(problems[0]).not.toContain("planted-secret");
  });

  it("says where a server is reached by default, IPv6 in brackets", () => {
    expect(defaultPublicUrl("127.0.0.1", 8080)).toBe("http://127.0.0.1:8080");
    expect(defaultPublicUrl("::1", 80)).toBe("http://[::1]:80");
  });
});
