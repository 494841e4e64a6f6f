"""Every field of a form in which people sign up."""

from typing import Final

from footfall.canaries.places.place import Build, Place, Surroundings
from footfall.canaries.places.records import Record, around_fields, field_of, moment, new_id, written
from footfall.canaries.secrets import CARDS, CREDENTIALS, KINDS
from footfall.canaries.writings import JSON_WRITINGS

SOURCE: Final = "registration"
KEPT: Final = ("customer_id", "name", "email", "phone", "company")
"""What the sealed registry holds of a person."""
OTHERS: Final = (
    "event_id",
    "event_time",
    "role",
    "policy_version",
    "country",
    "birth_date",
    "age",
    "auto_login_opt_in",
)
PLAIN: Final = {"plain": str}


def form(around: Surroundings) -> Record:
    """Make the form of an adult with nothing remarkable in it."""
    return {
        "event_id": new_id(around),
        "event_time": moment(around),
        "customer_id": f"id-{around.rng.integers(10**6, 10**7)}",
        "role": "customer",
        "name": "Somebody",
        "email": "somebody@mail.example",
        "policy_version": "1.4",
    }


def _in_list(secret: str, around: Surroundings) -> bytes:
    return written({**form(around), "opt_out": ["newsletter", secret]})


def _named(text: str) -> Build:
    before, _, behind = text.partition("§")
    return lambda secret, around: written({**form(around), "name": f"{before}{secret}{behind}"})


def _child(name: str) -> Build:
    return lambda secret, around: written({**form(around), "age": 9, name: secret})


FORMS: Final = (
    *(Place(f"registration.{name}", SOURCE, field_of(name, form), KINDS, JSON_WRITINGS) for name in KEPT),
    *(Place(f"registration.{name}", SOURCE, field_of(name, form), KINDS, JSON_WRITINGS) for name in OTHERS),
    Place("registration.opt_out", SOURCE, _in_list, KINDS, JSON_WRITINGS),
    Place("registration: password in a name", SOURCE, _named("Ann, password: §"), promised=CREDENTIALS),
    Place("registration: card in a name", SOURCE, _named("Ann §"), CARDS, PLAIN, promised=CARDS),
    *(Place(f"registration: a child's {name}", SOURCE, _child(name), KINDS, JSON_WRITINGS) for name in KEPT),
    *around_fields(SOURCE, form),
)
