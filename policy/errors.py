"""The errors that people see, each one clear line: what happened, with its numbers, and what to do.

FootfallError             something failed: exit code 1
├── UsageError            the call or a setting was wrong: exit code 2
└── (one subclass a package, named after what failed)
"""


class FootfallError(Exception):
    """Something failed; nothing is lost. The text is one line for the person at the terminal."""

    exit_code = 1


class UsageError(FootfallError):
    """The command, an option or a setting was wrong; nothing was begun."""

    exit_code = 2
