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
    expect(streamPath({ own: true }, undefined)).toBe("/api/v1/logs/stream");
    expect(streamPath({ level: "error", q: "a&b", own: true }, "7")).toBe(
      "/api/v1/logs/stream?level=error&text=a%26b&after=7",
    );
  });

  it("leaves out what the dashboard reads, except for one request or trace", () => {
    expect(streamPath({}, undefined)).toBe("/api/v1/logs/stream?without_reads_of=dashboard");
    expect(streamPath({ request: "r1" }, undefined)).toBe("/api/v1/logs/stream?request_id=r1");
    expect(streamPath({ trace: "t1" }, undefined)).toBe("/api/v1/logs/stream?trace_id=t1");
  });
});
