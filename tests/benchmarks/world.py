"""What benchmarks run in: a home of their own with an embedded server, and a simulator as a process."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

UNLIMITED = {"per_minute": 1_000_000, "per_day": 100_000_000, "concurrency": 64}
FEW = {"customers": 10, "orders": 10, "invoices": 10, "payments": 10, "credit_notes": 5}


@contextmanager
def simulator(**sizes: int) -> Iterator[str]:
    """Start a simulator process of *sizes*; gives its address."""
    options = [part for name, value in sizes.items() for part in (f"--{name.replace('_', '-')}", str(value))]
    command = [sys.executable, "-m", "tsh_sync_gui.simulator", "--port", "0", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(timeout=30)


def environment(home: Path, url: str, *, per_minute: int = 1_000_000, concurrency: int = 5) -> dict[str, str]:
    """Return the environment of a program that syncs from *url* into the embedded server of *home*."""
    return os.environ | {
        "TSH_HOME": str(home),
        "ZOHO_API_BASE_URL": url,
        "ZOHO_ACCOUNTS_URL": url,
        "ZOHO_CLIENT_ID": "1000.BENCH",
        "ZOHO_CLIENT_SECRET": "benchmark-secret",
        "ZOHO_REFRESH_TOKEN": "1000.aaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbb",
        "ZOHO_ORGANIZATION_ID": "748369814",
        "ZOHO_RATE_LIMIT_PER_MINUTE": str(per_minute),
        "ZOHO_DAILY_LIMIT": "100000000",
        "ZOHO_CONCURRENCY": str(concurrency),
    }


@contextmanager
def home() -> Iterator[Path]:
    """Give a fresh TSH_HOME whose servers are stopped at the end."""
    from tsh_sync_gui.store.embedded import stop_all_below  # noqa: PLC0415 -- only where it is needed

    with tempfile.TemporaryDirectory(prefix="tsh-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        try:
            yield Path(folder)
        finally:
            stop_all_below(Path(folder))
