"""How `pytest -n auto` shares the suite out among its workers.

Many tests wait, for a process, a server or a limit, so that more workers than processors are quicker. Each begins with
a stretch of neighbours, which share costly fixtures, and takes from another's stretch when its own is done.
"""

from __future__ import annotations

import os
from typing import Any

import pytest


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return one and a half per processor, unless the environment says otherwise."""
    wanted = os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS", "")
    return int(wanted) if wanted.isdecimal() else (_processors() * 3 + 1) // 2


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Take from others where nothing else is asked for by `--dist`."""
    if config.getoption("dist") != "load":
        return None
    from xdist.scheduler import WorkStealingScheduling  # noqa: PLC0415 -- without xdist nobody asks

    return WorkStealingScheduling(config, log)
