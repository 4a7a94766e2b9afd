import { describe, expect, it } from "vitest";
import { describeScopes, expiryAfter, scopeChoices, sortedKeys, stateOf } from "./keys";
import type { Key, Permissions, Principal } from "./queries";

const NOW = Date.parse("2026-05-01T12:00:00Z");

function key(id: string, more: Partial<Key> = {}): Key {
  return {
    id, principal_id: "p", created_by: "p", name: id, scopes: ["*"], requests_per_second: 50, burst: 200,
    created_at: "2026-04-01T00:00:00Z", expires_at: null, revoked_at: null, last_used_at: null, ...more,
  };
}

describe("a key", () => {
  it("is active until it expires or is revoked", () => {
    expect(stateOf(key("a"), NOW)).toBe("active");
    expect(stateOf(key("a", { expires_at: "2026-05-01T12:00:00Z" }), NOW)).toBe("expired");
    expect(stateOf(key("a", { expires_at: "2027-01-01T00:00:00Z", revoked_at: "2026-04-02T00:00:00Z" }), NOW)).toBe("revoked");
  });

  it("stands before those that no longer work, the newest first", () => {
    const keys = [key("old"), key("gone", { revoked_at: "2026-04-30T00:00:00Z" }), key("new", { created_at: "2026-04-20T00:00:00Z" })];
    expect(sortedKeys(keys, NOW).map(({ id }) => id)).toEqual(["new", "old", "gone"]);
  });

  it("ends when it was told to", () => {
    expect(expiryAfter(null, NOW)).toBeNull();
    expect(expiryAfter(30, NOW)).toBe("2026-05-31T12:00:00.000Z");
  });
});

describe("scopes", () => {
  const permissions: Permissions = {
    scopes: [
      { scope: "prompts:read", description: "Read." },
      { scope: "prompts:write", description: "Write." },
      { scope: "ask", description: "Ask." },
    ],
    roles: [{ role: "viewer", description: "", scopes: ["prompts:read", "ask"] }],
  };
  const viewer = { role: "viewer" } as Principal;

  it("can be given as far as the role and the giver hold them", () => {
    expect(scopeChoices(permissions, ["prompts:read", "prompts:write"], viewer).map(({ reason }) => reason)).toEqual([
      null,
      "The role viewer does not hold it.",
      "Your own key does not have it.",
    ]);
  });

  it("are said in a few words", () => {
    expect(describeScopes(["*"])).toBe("all of the role");
    expect(describeScopes(["ask"])).toBe("ask");
    expect(describeScopes(["ask", "prompts:read"])).toBe("2 scopes");
  });
});
