"""Lines go over TLS with a password, and nothing is lost by what was wrong before (R50, R53)."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from tests.ingest.secure.conftest import PASSWORD, USER, SecureBroker

pytestmark = pytest.mark.kafka
LINES = 200


def footfall(data: Path, broker: SecureBroker, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the program with the settings of a good connection, but for those given."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("FOOTFALL_")},
        "FOOTFALL_DATA": str(data),
        "FOOTFALL_REQUIRE_TLS": "true",
        "FOOTFALL_KAFKA_BOOTSTRAP": broker.at("SASL"),
        "FOOTFALL_KAFKA_SECURITY": "SASL_SSL",
        "FOOTFALL_KAFKA_CA_FILE": str(broker.authority.file),
        "FOOTFALL_KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
        "FOOTFALL_KAFKA_USERNAME": USER,
        "FOOTFALL_KAFKA_PASSWORD": PASSWORD,
        **settings,
    }
    command = [sys.executable, "-m", "footfall", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, cwd=data, timeout=120, check=False)


def only_line(ended: subprocess.CompletedProcess[str]) -> str:
    assert ended.returncode == 1, ended.stderr
    lines = [line for line in ended.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, ended.stderr
    assert PASSWORD not in lines[0]
    return lines[0]


def test_from_file_to_lake_over_tls_with_a_password(secure_broker: SecureBroker, tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text(
        "".join(
            f'198.51.100.{number} - - [22/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 5 "-" "Firefox/145.0"\n'
            for number in range(LINES)
        )
    )
    broker, stranger = secure_broker, str(secure_broker.stranger.file)
    assert "not trusted" in only_line(footfall(tmp_path, broker, "ship", str(log), FOOTFALL_KAFKA_CA_FILE=stranger))
    assert footfall(tmp_path, broker, "ship", str(log)).returncode == 0
    wrong = footfall(tmp_path, broker, "ingest", "--drain", FOOTFALL_KAFKA_PASSWORD="wrong")
    assert "does not accept the user or the password" in only_line(wrong)
    drained = footfall(tmp_path, broker, "ingest", "--drain", "--json")
    assert drained.returncode == 0, drained.stderr
    status = msgspec.json.decode(footfall(tmp_path, broker, "status", "--json").stdout)
    assert (status["totals"]["lines_in"], status["totals"]["kept"]) == (LINES, LINES)
