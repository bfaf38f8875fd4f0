"""How many mutants the tests killed; a survivor must be listed in `survivors.toml`, with the reason.

`python -m tests.mutation.score SESSION`
"""

import re
import sys
import tomllib
from contextlib import closing
from pathlib import Path
from sqlite3 import connect

LIST = Path(__file__).with_name("survivors.toml")
FEWEST = 95
"""Percent of the mutants that the tests must kill."""

QUERY = """
select module_path, diff, test_outcome from work_results join mutation_specs using (job_id)
where worker_outcome != 'SKIPPED'
"""


def change(diff):
    """The lines that a mutant changes: before, and after; white space aside."""
    sides = {"-": [], "+": []}
    for line in diff.splitlines():
        if line[:1] in sides and line[:3] not in ("---", "+++"):
            sides[line[0]].append(line[1:])
    return tuple(re.sub(r"\s+", " ", " ".join(lines)).strip() for lines in sides.values())


def listed():
    """The survivors that are known to be as good as the original, each with the reason."""
    for group in tomllib.loads(LIST.read_text())["survivors"]:
        for mutant in group["mutants"]:
            yield (group["module"], *mutant), group["reason"]


def score(session):
    """Print the score, and what is wrong with it; 1 if anything is."""
    with closing(connect(session)) as database:
        results = database.execute(QUERY).fetchall()
    survivors = [(path, *change(diff)) for path, diff, outcome in results if outcome == "SURVIVED"]
    reasons = dict(listed())
    unknown = [mutant for mutant in survivors if mutant not in reasons]
    killed = len(results) - len(survivors)
    print(f"{len(results):,} mutants, {killed:,} killed: {killed / len(results):.1%}")
    print(
        f"{len(survivors) - len(unknown)} survivors are listed as equivalent, {len(unknown)} are not:"
    )
    for path, before, after in unknown:
        print(f"  {path}\n    - {before}\n    + {after}")
    return int(bool(unknown) or 100 * killed < FEWEST * len(results))


if __name__ == "__main__":
    sys.exit(score(sys.argv[1]))
