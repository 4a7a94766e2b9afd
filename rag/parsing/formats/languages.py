"""Languages of source code: which suffixes they have, and how a definition at the top of a file begins."""

from __future__ import annotations

import re
from dataclasses import dataclass

_MODIFIERS = (
    r"(?:(?:export|default|declare|public|private|protected|internal|abstract|final|sealed|static|async|open|data|"
    r"partial|override|inline|suspend|implicit|case|fileprivate|external|factory)\s+)*"
)
_CURLY = _MODIFIERS + (
    r"(?:class|interface|enum|record|object|struct|trait|protocol|extension|namespace|module|type|function|func|fun|def|"
    r"val|var|let|const|typedef|mixin|actor|delegate)\b"
)
# A definition of a function in C: a line at the margin with a parenthesis and without a semicolon.
_C = r"(?:class|struct|union|enum|namespace|template|typedef|extern)\b|#define\s|[A-Za-z_][^;=#(]*\([^;]*$"
_RUST = (
    r"(?:pub(?:\([^)]*\))?\s+)?(?:(?:async|unsafe|const|extern|default)\s+)*"
    r"(?:fn|struct|enum|union|trait|impl|mod|type|static|const|macro_rules!)(?!\w)"
)
_SQL = r"(?i:create|alter|drop|insert|update|delete|select|with|grant|revoke|comment|begin)\b"
_SLASHES = ("//", "/*", " *", "*/", "@", "[")
_HASH = ("#", "@")


@dataclass(frozen=True, slots=True)
class Language:
    """A language, or a family of them.

    Args:
        media_type: what a file of it is called.
        suffixes: of files, or whole names of files without one; in lower case.
        definition: matches at the start of a line that begins a definition; None when there are none to see.
        leads: how lines begin that belong to the definition below them: comments, decorators.
    """

    media_type: str
    suffixes: tuple[str, ...]
    definition: re.Pattern[str] | None
    leads: tuple[str, ...] = ()


def _language(name: str, suffixes: str, definition: str | None = None, leads: tuple[str, ...] = ()) -> Language:
    return Language(f"text/x-{name}", tuple(suffixes.split()), re.compile(definition) if definition else None, leads)


LANGUAGES = (
    _language("python", ".py .pyi .pyw", r"(?:async\s+def|def|class)\s", _HASH),
    _language("javascript", ".js .mjs .cjs .jsx", _CURLY, _SLASHES),
    _language("typescript", ".ts .mts .cts .tsx", _CURLY, _SLASHES),
    _language("go", ".go", r"(?:func|type|var|const)\b", _SLASHES),
    _language("rust", ".rs", _RUST, ("//", "/*", " *", "*/", "#[")),
    _language("java", ".java", _CURLY, _SLASHES),
    _language("kotlin", ".kt .kts", _CURLY, _SLASHES),
    _language("scala", ".scala", _CURLY, _SLASHES),
    _language("csharp", ".cs", _CURLY, _SLASHES),
    _language("swift", ".swift", _CURLY, _SLASHES),
    _language("dart", ".dart", _CURLY, _SLASHES),
    _language("php", ".php", _CURLY, _SLASHES),
    _language("c", ".c .h", _C, _SLASHES),
    _language("c++", ".cpp .cc .cxx .hpp .hh .hxx", _C, _SLASHES),
    _language("shell", ".sh .bash .zsh", r"function\s|[\w:.-]+\s*\(\)", _HASH),
    _language("powershell", ".ps1 .psm1", r"(?i:function|class|filter)\s", _HASH),
    _language("sql", ".sql", _SQL, ("--", "/*", " *", "*/")),
    _language("ruby", ".rb", r"(?:def|class|module)\s", _HASH),
    _language("perl", ".pl .pm", r"(?:sub|package)\s", _HASH),
    _language("lua", ".lua", r"(?:local\s+)?function\s", ("--",)),
    _language("r", ".r", r"[\w.]+\s*<-\s*function\b", _HASH),
    _language("elixir", ".ex .exs", r"(?:defmodule|defprotocol|defimpl)\s", _HASH),
    _language("haskell", ".hs", r"(?:module|data|newtype|type|class|instance)\s|[a-z]\w*\s*::", ("--",)),
    _language("proto", ".proto", r"(?:message|service|enum)\s", _SLASHES),
    _language("yaml", ".yaml .yml", r"[\w\"'][^:#]*:(?:\s|$)", _HASH),
    _language("toml", ".toml", r"\[", _HASH),
    _language("ini", ".ini .cfg .conf", r"\[", ("#", ";")),
    _language("hcl", ".tf .hcl", r"(?:resource|data|module|variable|output|provider|locals|terraform)\b", ("#", "//")),
    _language("json", ".json .jsonl .ndjson"),
    _language("css", ".css .scss .less"),
    _language("makefile", ".mk makefile gnumakefile", r"[\w.%/$(){}-]+\s*:(?!=)", _HASH),
    _language("dockerfile", ".dockerfile dockerfile containerfile", r"(?i:from)\s", _HASH),
)
SOURCE_SUFFIXES = frozenset(suffix for language in LANGUAGES for suffix in language.suffixes)
BY_TYPE = {language.media_type: language for language in LANGUAGES}
