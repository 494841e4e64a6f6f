"""Personal columns of the files, tried without a key, and everything searched for what people are called."""

import subprocess
import sys
from pathlib import Path
from typing import Final

import pyarrow.parquet as pq

from footfall.clauses.evidence import Evidence
from footfall.clauses.finding import Finding, judged, not_applicable, of
from footfall.clauses.instruments.detectors import with_placeholders
from footfall.clauses.instruments.searching import Search
from footfall.clauses.people import some_people
from policy.errors import FootfallError
from transform.secrets import PLACEHOLDER

TIME_MAX_S: Final = 60.0
FILES_TRIED_MAX: Final = 60
NEEDLE_LETTERS_MIN: Final = 6
# Reading an encrypted column without its key may end the process or hold it for ever, so that a child does it, file by file;
# it says a file's number before and after it tries.
ATTEMPT: Final = """
import sys
import pyarrow.parquet as pq
for number, line in enumerate(sys.stdin.read().splitlines()):
    path, plain, personal = line.split("\\t")
    print(number, "opened", flush=True)
    try:
        pq.ParquetFile(path).read(columns=plain.split(","))
        print(number, "plain", flush=True)
    except Exception:
        print(number, "shut", flush=True)
    for column in personal.split(","):
        try:
            pq.ParquetFile(path).read(columns=[column])
            print(number, "read", column, flush=True)
        except Exception:
            print(number, "refused", column, flush=True)
"""


def personal_encrypted(evidence: Evidence) -> Finding:
    """R47: a stranger without keys reads the plain columns of each file and no personal one, and a search finds nobody's name."""
    house = evidence.house
    files = [
        (file, name) for name in evidence.tables() if house.lake.table(name).personal for file in evidence.files(name)
    ]
    if not files and not evidence.has_people:
        return not_applicable("nothing about customers is stored, so nothing has to be encrypted")
    tried = files[:: max(1, -(-len(files) // FILES_TRIED_MAX))]
    defects, refused = _attempts(evidence, tried)
    for name in dict.fromkeys(name for _, name in tried):
        table = house.lake.table(name)
        try:
            table.read(columns=list(table.personal))
        except FootfallError:
            defects.append(f"{name} cannot be read with the keys either")
    people = some_people(evidence)
    needles = {
        value.encode()
        for person in people
        for value in (person.customer_id, person.name, person.email, person.phone)
        if value and len(value) >= NEEDLE_LETTERS_MIN and _is_whole(value)
    }
    hits, size = _search(evidence, needles)
    defects += hits
    there = int(evidence.registry("select count(*) from subjects")[0][0])
    return judged(
        f"{of(len(tried), len(files), 'files')} tried without a key by a process of its own: {refused} personal columns refused, the "
        f"others read; {len(needles):,} names, addresses and ids of {of(len(people), there, 'people')} searched for in {size / 1e6:.1f} "
        "MB: 0 found",
        defects,
    )


def _is_whole(value: str) -> bool:
    """Tell whether nothing was taken out of a text: "Bearer {redacted}" is nobody's name, and pages have it too."""
    return PLACEHOLDER not in value and with_placeholders(value, "") == value


def _attempts(evidence: Evidence, files: list[tuple[Path, str]]) -> tuple[list[str], int]:
    """Let a child without keys read each file; give what it could read that it must not, and how many columns it was refused."""
    lines = []
    for file, name in files:
        personal = evidence.house.lake.table(name).personal
        plain = [column for column in pq.read_schema(file).names if column not in personal]
        lines.append("\t".join((str(file), ",".join(plain), ",".join(personal))))
    try:
        child = subprocess.run(
            [sys.executable, "-c", ATTEMPT],
            input="\n".join(lines),
            capture_output=True,
            text=True,
            timeout=TIME_MAX_S,
            check=False,
        )
        said = child.stdout
    except subprocess.TimeoutExpired as late:
        said = (late.stdout or b"").decode()
    defects, refused = [], 0
    for number, what, *column in (line.split(" ") for line in said.splitlines()):
        file, name = files[int(number)]
        if what == "read":
            defects.append(f"{name}.{column[0]} could be read without a key in {evidence.shown(file)}")
        elif what == "shut":
            defects.append(f"the plain columns of {evidence.shown(file)} cannot be read without a key")
        refused += what == "refused"
    due = sum(len(evidence.house.lake.table(name).personal) for _, name in files)
    read = sum(" read " in line for line in said.splitlines())
    if refused + read < due:
        defects.append(
            f"{due - refused - read} of {due} personal columns could not be tried, for the attempt did not end"
        )
    return defects, refused


def _search(evidence: Evidence, needles: set[bytes]) -> tuple[list[str], int]:
    """Search every file but the broker's for what people are called."""
    found, size = [], 0
    search = Search(needles)
    parquet = [file for name in evidence.tables() for file in evidence.files(name)]
    texts = "\n".join(text for column in evidence.texts() for text in column.values).encode()
    for place, content in (
        ("the decoded texts", texts),
        *((evidence.shown(file), file.read_bytes()) for file in parquet),
        *((evidence.shown(path), content) for path, content in evidence.other_files()),
    ):
        size += len(content)
        if number := search.count(content):
            found.append(f"{number} names, addresses or ids of people stand in {place}")
    return found, size
