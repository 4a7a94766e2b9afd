/** How a proof's file is named, and checked away from the server. */

export function proofFileName(wanted: string, withContent = false): string {
  return `proof-${wanted.replace(/[^A-Za-z0-9._-]/g, "_")}${withContent ? "-with-content" : ""}.json`;
}

/** Return the shell command that checks a proof with the log's key. */
export function checkCommand(file: string, vkey: string): string {
  return `mcp-engine audit check ${file} --vkey '${vkey.replaceAll("'", String.raw`'\''`)}'`;
}
