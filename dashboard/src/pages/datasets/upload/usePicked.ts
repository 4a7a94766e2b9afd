import { useState } from "react";
import { guessed, type Role, type Roles, withRole } from "./columns";
import { type Preview, previewOf } from "./table";

/** How much of a file is read for its preview. */
const READ_BYTES = 256 * 1024;

export interface Picked {
  file: File;
  preview: Preview;
  roles: Roles;
}

/** The file that was chosen, what its beginning shows, and what its columns are for. */
export function usePicked() {
  const [picked, setPicked] = useState<Picked | null>(null);

  async function pick(file: File) {
    const text = await file.slice(0, READ_BYTES).text();
    const preview = previewOf(file.name, text, file.size <= READ_BYTES);
    setPicked({ file, preview, roles: guessed(preview.columns) });
  }

  function setRole(column: string, role: Role) {
    setPicked((before) => before && { ...before, roles: withRole(before.roles, column, role) });
  }

  return { picked, pick, setRole };
}
