// Runs before the first paint, so that a chosen theme never flashes. The same key is in src/app/theme.ts.
try {
  const chosen = localStorage.getItem("mcp-engine.theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // Storage is switched off: the system's preference holds.
}
