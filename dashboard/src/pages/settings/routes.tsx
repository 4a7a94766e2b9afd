import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { workspaceRoute } from "../../app/routes";
import { type SettingSearch, settingSearch } from "./search";

const settingsRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/settings",
  validateSearch: (search): SettingSearch => settingSearch(search),
  component: lazyRouteComponent(() => import("./SettingsPage"), "SettingsPage"),
});

export const settingRoutes = [settingsRoute] as const;
