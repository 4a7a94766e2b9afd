/** The frame around every page: navigation on the left, or behind a button where there is no room for it. */
import { Outlet, useLocation, useRouter } from "@tanstack/react-router";
import { Menu as MenuIcon, Search, X } from "lucide-react";
import { Dialog } from "radix-ui";
import { useEffect, useState } from "react";
import { queryClient } from "../api/queries";
import { isSignedIn, onSessionChange } from "../api/session";
import { IconButton } from "../components/Button";
import { AccountMenu } from "./AccountMenu";
import { CommandPalette } from "./CommandPalette";
import { Logo } from "./Logo";
import { NamespaceSwitch } from "./NamespaceSwitch";
import { SectionList } from "./SectionList";

export function Shell() {
  const [paletteOpen, setPaletteOpen] = useState(false);
  const [drawerOpen, setDrawerOpen] = useState(false);
  const { pathname } = useLocation();
  useLeaveWhenSignedOut();

  useEffect(() => setDrawerOpen(false), [pathname]);
  useEffect(() => {
    function listen(event: KeyboardEvent) {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        setPaletteOpen((open) => !open);
      }
    }
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, []);

  const frame = (
    <>
      <NamespaceSwitch />
      <button
        type="button"
        onClick={() => setPaletteOpen(true)}
        className="flex h-8 shrink-0 items-center gap-2 rounded-md border border-line bg-surface px-2.5 text-sm text-muted hover:bg-hover"
      >
        <Search aria-hidden className="size-4" />
        <span className="grow text-left">Go to…</span>
        <kbd className="rounded border border-line px-1 font-mono text-xs max-md:hidden">Ctrl K</kbd>
      </button>
      <SectionList />
      <AccountMenu />
    </>
  );

  return (
    <div className="flex min-h-full max-md:flex-col">
      <a
        href="#main"
        className="fixed top-2 left-2 z-50 -translate-y-16 rounded-md bg-accent px-3 py-1.5 text-on-accent focus:translate-y-0"
      >
        Skip to the content
      </a>
      <div className="sticky top-0 flex h-dvh w-60 shrink-0 flex-col gap-3 border-r border-line bg-surface p-3 max-md:hidden">
        <div className="px-1.5 pt-1.5 pb-1">
          <Logo />
        </div>
        {frame}
      </div>
      <header className="sticky top-0 z-20 flex h-12 items-center gap-2 border-b border-line bg-surface px-3 md:hidden">
        <IconButton icon={MenuIcon} label="Open the navigation" onClick={() => setDrawerOpen(true)} />
        <Logo />
      </header>
      <Drawer open={drawerOpen} onClose={() => setDrawerOpen(false)}>
        {frame}
      </Drawer>
      <main id="main" tabIndex={-1} className="min-w-0 grow focus:outline-none">
        <Outlet />
      </main>
      <CommandPalette open={paletteOpen} onClose={() => setPaletteOpen(false)} />
    </div>
  );
}

function Drawer({ open, onClose, children }: { open: boolean; onClose: () => void; children: React.ReactNode }) {
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-backdrop" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed inset-y-0 left-0 z-40 flex w-72 max-w-[85vw] flex-col gap-3 border-r border-line bg-surface p-3 focus:outline-none"
        >
          <div className="flex items-center justify-between px-1.5">
            <Dialog.Title className="sr-only">Navigation</Dialog.Title>
            <Logo />
            <Dialog.Close asChild>
              <IconButton icon={X} label="Close the navigation" />
            </Dialog.Close>
          </div>
          {children}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

/** Go to the sign-in page when the session has ended: here, in another tab, or on the server. */
function useLeaveWhenSignedOut() {
  const router = useRouter();
  useEffect(
    () =>
      onSessionChange(() => {
        queryClient.clear();
        if (!isSignedIn()) void router.invalidate();
      }),
    [router],
  );
}
