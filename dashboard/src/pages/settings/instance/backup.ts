/** mcp-engine-2026-05-01T1203.tar, in the person's own time. */
export function fileName(now: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  return `mcp-engine-${day}T${two(now.getHours())}${two(now.getMinutes())}.tar`;
}
