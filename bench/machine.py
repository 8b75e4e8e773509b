"""What the figures were measured on."""

import os
import platform
import subprocess
import sysconfig
from importlib.metadata import version
from pathlib import Path

import psutil


def describe_machine() -> dict[str, str]:
    """Name the machine and the versions. The load tells whether others were at work when the benchmark began."""
    return {
        "cores": str(psutil.cpu_count()),
        "cpu": _cpu_model(),
        "memory": f"{psutil.virtual_memory().total / 2**30:.1f} GiB",
        "load_before": f"{os.getloadavg()[0]:.2f}",
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "temporalio": version("temporalio"),
        "temporal": _server_version(),
        "openai": version("openai"),
    }


def _cpu_model() -> str:
    """Name the processor, as far as the system tells; a virtual machine may hide it."""
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text().splitlines() if facts.exists() else []
    told = dict(line.split(":", 1) for line in reversed(lines) if ":" in line)
    names = {name.strip(): value.strip() for name, value in told.items()}
    return names.get("model name") or platform.processor() or platform.machine()


def _server_version() -> str:
    command = [str(Path(sysconfig.get_path("scripts")) / "temporal"), "--version"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    return done.stdout.strip().removeprefix("temporal version ") or "unknown"
