"""How a warehouse can be damaged so that one clause no longer holds, and what the check must then say."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.footfall.clauses.damaging import (
    OLD,
    added,
    by_policy,
    child_with_rows,
    column,
    disclosed,
    every,
    in_registry,
    key_half_gone,
    lost,
    name_in_file,
    one_file,
    one_left_out,
    one_number,
    opened_up,
    plain_text,
    settled_unseen,
    stored,
    stored_again,
    undescribed,
    without,
    without_day,
    written,
)


@dataclass(frozen=True, slots=True)
class Damage:
    """One way to break a promise.

    Attributes:
        clause: the promise.
        why: what somebody did.
        do: does it to a warehouse's folder.
        says: what the evidence must name.
    """

    clause: str
    why: str
    do: Callable[[Path], None]
    says: str


UNGUARDED: Final = tuple(
    f"drop trigger if exists disclosures_{what}" for what in ("no_update", "no_delete", "next_only")
)
AUDIT_UNGUARDED: Final = tuple(
    f"drop trigger if exists audit_{what}" for what in ("no_update", "no_delete", "next_only")
)
READERS: Final = 'readers = [\n  { role = "batch", purposes = ["operations"] },\n  { role = "privacy", purposes = ["operations"] },\n]'

DAMAGES: Final = (
    Damage(
        "R1", "rows say another version", every("hits", column("policy_version", "9.9")), "hits has rows of version 9.9"
    ),
    Damage(
        "R2", "a column that nobody declared", every("hits", column("shoe_size", 43)), "undeclared column shoe_size"
    ),
    Damage("R3", "files without purposes", every("hits", undescribed), "does not carry its declared purposes"),
    Damage(
        "R3", "a folder of one's own in the lake", lambda data: (data / "lake/facts/mine").mkdir(), "folder facts/mine"
    ),
    Damage("R4", "events of an unknown channel", every("hits", column("channel", "pigeon")), "undeclared channel"),
    Damage(
        "R5",
        "an address in dead letters",
        every("dead_letters", column("shape", "from 198.51.100.7")),
        "dead_letters.shape has an IPv4",
    ),
    Damage(
        "R5",
        "an address in a log beside the tables",
        written("worker.log", "client 2001:db8::17 came"),
        "worker.log has an IPv6",
    ),
    Damage("R6", "a city in place of a region", every("hits", column("region", "Berlin")), "hits.region are no code"),
    Damage(
        "R7",
        "a cell of three visitors",
        every("geo_daily", column("visitors", 3)),
        "cells below 10 visitors, the least of 3",
    ),
    Damage(
        "R7",
        "cells that are not those of the rows",
        every("referrer_daily", added("views", 1)),
        "not what its rows add up to",
    ),
    Damage("R8", "a visitor with a customer's number", one_number, "have the number of customers"),
    Damage("R10", "rows of a child", child_with_rows, "rows of 1 child"),
    Damage("R12", "hits without their offset", every("hits", without("utc_offset_min")), "hits have no utc_offset_min"),
    Damage(
        "R13",
        "a mail address in paths",
        every("hits", column("path", "/u/jane.doe@mail.example")),
        "hits.path has an e-mail address",
    ),
    Damage(
        "R14",
        "names for marketing",
        by_policy(
            'purposes = ["service"], clause = "R14", why = "How to address',
            'purposes = ["service", "marketing"], clause = "R14", why = "How to address',
        ),
        "registration.name may be used for marketing",
    ),
    Damage(
        "R15",
        "log lines that say they are forms",
        every("hits", column("collected_via", "registration_form")),
        "rows by log_file",
    ),
    Damage(
        "R16",
        "a refusal for want of an optional field",
        every("dead_letters", lambda rows: column("source", "transaction")(column("reason", "missing_coupon")(rows))),
        "want of coupon, which is optional",
    ),
    Damage(
        "R17", "profiles that were edited", stored("customer_profiles", added("views", 1)), "customer_profiles differ"
    ),
    Damage("R18", "names of computers", every("hits", column("host_name", "janes-laptop")), "column host_name"),
    Damage(
        "R23",
        "a cookie in a label",
        every("hits", column("bot_label", "Cookie: sid=abc")),
        "hits.bot_label has a cookie",
    ),
    Damage("R24", "automatic logins", every("hits", column("auto_login", value=True)), "column auto_login"),
    Damage(
        "R25",
        "one visitor for all days",
        every("hits", column("visitor", 42)),
        "1 visitor numbers stand on more than one day",
    ),
    Damage(
        "R26",
        "a password in a path",
        every("hits", column("path", "/x;password=hunter22")),
        "hits.path has a credential",
    ),
    Damage("R27", "an export to a stranger", disclosed(recipient="stranger"), "a recipient that may not have it"),
    Damage(
        "R29",
        "a newsletter to customers",
        disclosed(communication="newsletter", audience="customer"),
        "its communication may not reach",
    ),
    Damage("R30", "customers' days that were edited", stored("customer_daily", added("views", 1)), "the views of"),
    Damage("R31", "credit scores", every("hits", column("credit_score", 700)), "column credit_score"),
    Damage(
        "R33", "an edited ledger", in_registry(*UNGUARDED, "update disclosures set rows = 0"), "breaks at disclosure 1"
    ),
    Damage("R33", "a ledger without its guards", in_registry(*UNGUARDED), "let somebody change entries"),
    Damage(
        "R34",
        "the page behind a link",
        every("hits", column("outbound_host", "partner.example/offer?u=jane")),
        "more than a host",
    ),
    Damage("R35", "an author of a forum", every("hits", column("path", "/forum/user/jane")), "name an author"),
    Damage("R47", "customers' events in the clear", plain_text, "could be read without a key"),
    Damage(
        "R47", "a customer's address in a note", name_in_file, "1 names, addresses or ids of people stand in notes.txt"
    ),
    Damage("R48", "a destroyed key with its bytes", key_half_gone, "is destroyed and still has bytes"),
    Damage("R49", "a folder that is open to all", opened_up, "others may enter the data folder"),
    Damage("R49", "an audit without its guards", in_registry(*AUDIT_UNGUARDED), "change entries of the audit"),
    Damage(
        "R49",
        "an edited audit",
        in_registry(*AUDIT_UNGUARDED, "update audit set who = 'nobody' where number = 2"),
        "audit breaks at entry 2",
    ),
    Damage(
        "R51",
        "a page that remembers",
        written("page.html", "<script>localStorage.x = 1</script>"),
        "page.html stores something",
    ),
    Damage("R53", "an intake that is gone", one_left_out, "stands at"),
    Damage(
        "R54",
        "dead letters that speak",
        every("dead_letters", column("shape", "jane@mail.example")),
        "more in them than a shape",
    ),
    Damage("R54", "a dead letter that was settled for nobody", settled_unseen, "by a replay that is in no account"),
    Damage(
        "R54",
        "a dead letter that stands twice",
        stored_again("dead_letters"),
        "have the coordinates of another",
    ),
    Damage("R55", "a live file that is gone", lost("referrer_daily"), "referrer_daily: a live file"),
    Damage(
        "R55", "a file of another size", every("status_daily", without("bytes")), "another size than its commit says"
    ),
    Damage(
        "R56",
        "dead letters of long ago",
        every("dead_letters", column("taken_at", OLD)),
        "dead_letters has rows of 2001-01-01",
    ),
    Damage("R57", "a day without statistics", without_day("bot_layers_daily"), "days of hits have no statistics"),
    Damage(
        "R57", "a day of a log without its statistics", without_day("status_daily"), "days of hits have no statistics"
    ),
    Damage("R58", "intakes that kept one more", every("intakes", added("kept", 1)), "lines of"),
    Damage("R58", "hits that are gone", without_day("hits"), "hits against their accounts"),
    Damage("R59", "a file that nobody registered", in_registry("delete from origins"), "is not registered"),
    Damage("R59", "lines that were taken twice", one_file, "were taken twice"),
    Damage(
        "R60",
        "hits for analysts",
        by_policy(
            READERS,
            READERS.replace("]\n", "]\n", 1).replace(
                "[\n", '[\n  { role = "analyst", purposes = ["geo_statistics"] },\n', 1
            ),
        ),
        "answered: the table hits",
    ),
)
