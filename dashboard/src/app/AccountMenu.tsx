import { useQuery } from "@tanstack/react-query";
import { Bot, ChevronsUpDown, LogOut, User } from "lucide-react";
import { meQuery } from "../api/queries";
import { signOut } from "../api/session";
import { Menu, MenuChoices, MenuItem, MenuLabel, MenuSeparator } from "../components/Menu";
import { setTheme, type Theme, useTheme } from "./theme";

const THEMES: readonly { value: Theme; label: string }[] = [
  { value: "system", label: "As the system" },
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
];

/** Who I am, how it looks, and the way out. */
export function AccountMenu() {
  const { data: me } = useQuery(meQuery);
  const theme = useTheme();
  const Icon = me?.principal.kind === "machine" ? Bot : User;
  return (
    <Menu
      label="Account"
      align="start"
      trigger={
        <button type="button" className="flex min-h-11 shrink-0 items-center gap-2.5 rounded-md px-1.5 py-1 text-left hover:bg-hover">
          <span className="flex size-7 shrink-0 items-center justify-center rounded-full bg-raised">
            <Icon aria-hidden className="size-4 text-muted" />
          </span>
          <span className="flex min-w-0 grow flex-col leading-tight">
            <span className="truncate text-sm font-medium">{me?.principal.name ?? "…"}</span>
            <span className="truncate text-xs text-muted">{me ? `${me.principal.role} in ${me.tenant.name}` : "…"}</span>
          </span>
          <ChevronsUpDown aria-hidden className="size-4 text-faint" />
        </button>
      }
    >
      <MenuLabel>Appearance</MenuLabel>
      <MenuChoices value={theme} onChange={setTheme} options={THEMES} />
      <MenuSeparator />
      <MenuItem icon={LogOut} onSelect={() => void signOut()}>
        Sign out
      </MenuItem>
    </Menu>
  );
}
