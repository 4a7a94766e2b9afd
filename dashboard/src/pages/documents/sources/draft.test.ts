import { describe, expect, it } from "vitest";
import { changeOf, draftOf, EMPTY, everySeconds, intervalFault, needsCredential, newSourceOf } from "./draft";
import type { Source, SourceKind } from "./queries";

const git: SourceKind = {
  name: "git", description: "A repository.", place: "url", credential: "Token", least_seconds: 60,
  settings: { properties: { url: { type: "string" }, ref: { type: "string" } } },
};
const source: Source = {
  id: "1", collection: "docs", namespace: "default", name: "manual", kind: "git", settings: { url: "https://a/x.git", ref: "HEAD" },
  has_credential: true, prefix: "m/", include: ["*.md"], exclude: [], every_seconds: 7_200, remove_gone: false, paused: false,
  readers: { restricted: false, groups: [], principals: [] }, documents: 3, last_run: null, due_at: null, created_at: "2026-01-01T00:00:00Z",
};

describe("a new source", () => {
  it("sends what its kind knows, and no empty credential", () => {
    const draft = { ...EMPTY, name: " manual ", settings: { url: "https://a/x.git", path: "/of another kind" }, include: "a\n\nb ", every: "2", unit: "hours" as const };
    expect(newSourceOf(draft, git, true)).toEqual({
      name: "manual", kind: "git", settings: { url: "https://a/x.git" }, credential: null, prefix: "", include: ["a", "b"], exclude: [],
      every_seconds: 7_200, remove_gone: false, readers: null, sync: true,
    });
  });

  it("is for those alone who were chosen", () => {
    const readers = { everyone: false, groups: new Set(["crew"]), principals: new Set(["7"]) };
    expect(newSourceOf({ ...EMPTY, readers }, git, true).readers).toEqual({ groups: ["crew"], principals: ["7"] });
    const draft = draftOf({ ...source, readers: { restricted: true, groups: [{ id: "1", name: "crew" }], principals: [] } });
    expect(changeOf(draft, source)).toEqual({ readers: { groups: ["crew"], principals: [] } });
    expect(changeOf({ ...draft, readers: EMPTY.readers }, { ...source, readers: { restricted: true, groups: [{ id: "1", name: "crew" }], principals: [] } })).toEqual({ readers: null });
  });
});

describe("an interval", () => {
  it("is a whole number of seconds, or none", () => {
    expect(everySeconds({ every: "", unit: "days" })).toBeNull();
    expect(everySeconds({ every: "1.5", unit: "minutes" })).toBe(90);
    for (const every of ["x", "0", "-1", "0.001"]) expect(everySeconds({ every, unit: "seconds" })).toBeUndefined();
  });
  it("is not shorter than the kind allows", () => {
    expect(intervalFault({ ...EMPTY, every: "30", unit: "seconds" }, git)).toContain("every 60 seconds");
    expect(intervalFault({ ...EMPTY, every: "1", unit: "minutes" }, git)).toBeNull();
    expect(intervalFault({ ...EMPTY, every: "soon" }, git)).toContain("whole number");
  });
});

describe("a change", () => {
  const draft = draftOf(source);
  it("of nothing is empty", () => expect(changeOf(draft, source)).toEqual({}));
  it("says only what is another", () => {
    expect(changeOf({ ...draft, name: "guide", include: "*.md\n*.txt", every: "", removeGone: true }, source)).toEqual({
      name: "guide", include: ["*.md", "*.txt"], every_seconds: null, remove_gone: true,
    });
  });
  it("takes a setting that is left out for one that says nothing", () =>
    expect(changeOf(draft, { ...source, settings: { ...source.settings, region: null } })).toEqual({}));
  it("gives another credential, or takes it away", () => {
    expect(changeOf({ ...draft, credential: "new", forgetsCredential: true }, source)).toEqual({ credential: "new" });
    expect(changeOf({ ...draft, forgetsCredential: true }, source)).toEqual({ credential: null });
  });
  it("of the place needs the credential again", () => {
    const moved = { ...draft, settings: { url: "https://b/y.git", ref: "HEAD" } };
    expect(needsCredential(draft, source)).toBe(false);
    expect(needsCredential(moved, source)).toBe(true);
    expect(needsCredential({ ...moved, credential: "x" }, source)).toBe(false);
    expect(needsCredential({ ...moved, forgetsCredential: true }, source)).toBe(false);
    expect(needsCredential(moved, { ...source, has_credential: false })).toBe(false);
  });
});
