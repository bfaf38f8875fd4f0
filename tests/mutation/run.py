"""Mutate the core, one operator or constant at a time, and run the tests on each mutant, by cosmic-ray.

`python -m tests.mutation.run FOLDER [PATH ...]`: the session is kept in FOLDER; PATHs are modules or
packages to mutate, all of the core if left out. It takes up to three hours, and resumes where it was stopped.
"""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.mutation.score import score

CORE = (
    "src/wanmeter/cost.py",
    "src/wanmeter/layers",
    "src/wanmeter/backends",
    "src/wanmeter/models",
)
# Counts are added, multiplied and divided: what shifts bits, takes powers or remainders in their place is
# noticed by anything, and would only make the score look better. A `|` joins types and mappings here.
LEFT_OUT = (
    "core/ReplaceBinaryOperator_BitOr_.*",
    "core/ReplaceBinaryOperator_.*_(LShift|RShift|BitOr|BitAnd|BitXor|Pow|Mod)$",
)
CONFIG = """
[cosmic-ray]
module-path = {paths}
timeout = 600.0
excluded-modules = []
test-command = "python -m tests.mutation.kill"

[cosmic-ray.distributor]
name = "http"

[cosmic-ray.distributor.http]
worker-urls = {urls}

[cosmic-ray.filters.operators-filter]
exclude-operators = {left_out}
"""


def free_port():
    """A free port of this machine."""
    with socket.socket() as listening:
        listening.bind(("localhost", 0))
        return listening.getsockname()[1]


def wait_for(ports):
    """Wait until each of the ports is open."""
    for port in ports:
        for _ in range(600):
            with socket.socket() as asking:
                if asking.connect_ex(("localhost", port)) == 0:
                    break
            time.sleep(0.1)


def main(folder, paths):
    """Run or continue a session, and print its score."""
    ports = [free_port() for _ in range(os.cpu_count() or 1)]
    urls = [f"http://localhost:{port}" for port in ports]
    config, session = folder / "cosmic-ray.toml", folder / "session.sqlite"
    # JSON's lists of strings are TOML's.
    lists = {"paths": list(paths), "urls": urls, "left_out": list(LEFT_OUT)}
    config.write_text(CONFIG.format(**{name: str(value) for name, value in lists.items()}))
    if not session.exists():
        subprocess.run(["cosmic-ray", "init", config, session], check=True)
        subprocess.run(["cr-filter-operators", session, config], check=True)
    # Each works in a clone of its own: of what is committed.
    workers = subprocess.Popen(["cr-http-workers", config, "."], start_new_session=True)
    try:
        wait_for(ports)
        subprocess.run(["cosmic-ray", "exec", config, session], check=True)
    finally:
        os.killpg(workers.pid, 15)
        workers.wait()
    return score(session)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:] or CORE))
