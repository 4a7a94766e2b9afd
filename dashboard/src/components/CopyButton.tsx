import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { Button, IconButton } from "./Button";
import { announce } from "./Live";

interface CopyButtonProps {
  /** What is copied, or a function that makes it when asked. */
  value: string | (() => string);
  /** What is copied, in words: "Copy the digest". */
  label: string;
  /** Shows the label beside the icon. */
  withText?: boolean;
}

export function CopyButton({ value, label, withText = false }: CopyButtonProps) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1500);
    return () => clearTimeout(timer);
  }, [copied]);

  async function copy() {
    try {
      await navigator.clipboard.writeText(typeof value === "function" ? value() : value);
      setCopied(true);
      announce("Copied.");
    } catch {
      announce("The browser does not allow copying here; select the text instead.", "bad");
    }
  }

  const icon = copied ? Check : Copy;
  if (withText) {
    return (
      <Button look="quiet" icon={icon} onClick={copy}>
        {copied ? "Copied" : label}
      </Button>
    );
  }
  return <IconButton icon={icon} label={label} onClick={copy} className="size-6" />;
}
