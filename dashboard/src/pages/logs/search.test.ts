import { describe, expect, it } from "vitest";
import { logSearch, streamPath } from "./search";

describe("the URL of the log page", () => {
  it("keeps what is valid and leaves out the rest", () => {
    expect(logSearch({ level: "error", q: "disk", line: "42", paused: true })).toMatchObject({
      level: "error", q: "disk", line: 42, paused: true,
    });
    expect(logSearch({ level: "loud", line: "-1", paused: "no" })).toEqual({});
  });

  it("becomes the path of the stream", () => {
    expect(streamPath({}, undefined)).toBe("/api/v1/logs/stream");
    expect(streamPath({ level: "error", q: "a&b" }, "7")).toBe("/api/v1/logs/stream?level=error&text=a%26b&after=7");
  });
});
