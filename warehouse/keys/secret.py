"""The bytes of a key, which nothing shows by accident."""

from typing import NoReturn


class Secret(bytes):
    """A key: bytes wherever bytes are wanted, but neither `repr` nor `str` nor a format shows them, and none is pickled.

    So whatever holds a key, a data class or a table of local variables in a trace, may be shown.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return "Secret(…)"

    def __str__(self) -> str:
        return "Secret(…)"

    def __format__(self, _: str) -> str:
        return "Secret(…)"

    def __reduce_ex__(self, _: object) -> NoReturn:
        raise TypeError("a key is not pickled: it would lie in the open wherever the pickle goes")
