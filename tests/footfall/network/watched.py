"""A program of its own: runs verbs of the command line one after the other, and writes down all that they ask of the network.

Python tells its own audit hooks of every socket that is opened and of every program that is started; a hook cannot be taken
away again, which is why this is no part of the test's own process.
"""

import contextlib
import io
import json
import sys
from pathlib import Path
from typing import Any, Final

from footfall.__main__ import application

WATCHED: Final = frozenset(
    {
        *("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo"),
        *("socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo", "socket.sethostname"),
        *("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn"),
        *(
            "urllib.Request",
            "http.client.connect",
            "ftplib.connect",
            "smtplib.connect",
            "imaplib.open",
            "poplib.connect",
        ),
    }
)


class Watch:
    """Writes down what happens, verb by verb."""

    def __init__(self) -> None:
        self.verb = ""
        self.events: list[tuple[str, str, list[str]]] = []

    def __call__(self, event: str, about: tuple[Any, ...]) -> None:
        if event in WATCHED:
            self.events.append((self.verb, event, [repr(one) for one in about if not hasattr(one, "fileno")]))


def main() -> None:
    """Run the verbs of a JSON file: a list of lists of words; the second name is the file that is written."""
    asked, told = map(Path, sys.argv[1:])
    watch = Watch()
    sys.addaudithook(watch)
    app, ended = application(), []
    for verb, words in json.loads(asked.read_text()):
        watch.verb = verb
        said = io.StringIO()
        try:
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
                code, line = app([*verb.split(), *words], standalone_mode=False) or 0, ""
        except (Exception, SystemExit) as error:  # noqa: BLE001 - what a verb ends with is judged by the test
            code, line = int(getattr(error, "exit_code", getattr(error, "code", None) or 1)), str(error)
        ended.append((verb, code, line))
    told.write_text(json.dumps({"events": watch.events, "ended": ended}))


if __name__ == "__main__":
    main()
