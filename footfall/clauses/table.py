"""The table of checks: which clause, what its check does, and the function that does it.

A clause without a row here has none of its own functions yet; what is lacking stands in `UNBUILT`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from footfall.clauses.collection import cells, children, cookies, forms, pages, places, profiles
from footfall.clauses.evidence import Evidence
from footfall.clauses.finding import Finding
from footfall.clauses.implied import accounts, answers, days, letters
from footfall.clauses.introduction import policy_itself
from footfall.clauses.security import client, files, keys, roles, wire
from footfall.clauses.use import history, ledger, links, messages, outside


@dataclass(frozen=True, slots=True)
class Check:
    """How one clause is checked.

    Attributes:
        clause: its number.
        function: looks at the evidence and says what it found; its docstring says what it does.
    """

    clause: str
    function: Callable[[Evidence], Finding]

    @property
    def does(self) -> str:
        """What the check does, in one sentence."""
        return (self.function.__doc__ or "").strip().partition(": ")[2]


@dataclass(frozen=True, slots=True)
class Unbuilt:
    """A clause whose function does not exist yet.

    Attributes:
        clause: its number.
        lacking: what is not there.
        verb, source: the verb or the source of records that will bring it; as soon as that is there, a check is due.
    """

    clause: str
    lacking: str
    verb: str = ""
    source: str = ""


CHECKS: Final[tuple[Check, ...]] = (
    Check("R1", policy_itself.versions_known),
    Check("R2", policy_itself.declared_only),
    Check("R3", policy_itself.purposes_carried),
    Check("R4", policy_itself.channels_registered),
    Check("R5", places.no_address_stored),
    Check("R6", places.places_are_coarse),
    Check("R7", cells.no_small_cells),
    Check("R8", cells.no_common_key),
    Check("R10", children.children_refused),
    Check("R11", children.no_messages_to_children),
    Check("R12", pages.columns_have_reasons),
    Check("R13", pages.pages_name_nobody),
    Check("R14", forms.forms_serve_service),
    Check("R15", forms.ways_reconcile),
    Check("R16", forms.fields_mandatory),
    Check("R17", profiles.profiles_are_a_function),
    Check("R18", places.no_host_names),
    Check("R23", cookies.no_cookie_stored),
    Check("R24", cookies.automatic_login_by_choice),
    Check("R25", cookies.pseudonyms_expire),
    Check("R26", cookies.no_credentials_stored),
    Check("R27", outside.recipients_declared),
    Check("R28", messages.opt_outs_respected),
    Check("R29", messages.audiences_apart),
    Check("R30", history.figures_traceable),
    Check("R31", outside.outside_data_refused),
    Check("R33", ledger.ledger_holds),
    Check("R34", links.only_hosts_of_links),
    Check("R35", links.forums_without_authors),
    Check("R47", files.personal_encrypted),
    Check("R48", keys.keys_kept),
    Check("R49", roles.roles_deny_by_default),
    Check("R50", wire.tls_required),
    Check("R51", client.pages_store_nothing),
    Check("R52", client.report_is_complete),
    Check("R53", accounts.offsets_once),
    Check("R54", letters.letters_say_nothing),
    Check("R55", days.late_events_counted),
    Check("R56", days.nothing_kept_too_long),
    Check("R57", days.night_is_done),
    Check("R58", accounts.lines_accounted),
    Check("R59", accounts.files_once),
    Check("R60", answers.analysts_see_releases_only),
)

UNBUILT: Final[tuple[Unbuilt, ...]] = (
    Unbuilt("R9", "contacts that users give about others are not taken in", source="referral"),
    Unbuilt("R19", "accounts are not verified by machine", source="software_usage"),
    Unbuilt("R20", "reports of software are not taken in", source="software_usage"),
    Unbuilt("R21", "the use of licences is not counted for piracy protection", source="software_usage"),
    Unbuilt("R22", "use is not metered", source="software_usage"),
    Unbuilt("R32", "usage reports for vendors are not made; lists for a vendor are refused", verb="vendor"),
    Unbuilt("R36", "a difference of two versions and the list of whom to notify are not made", verb="policy diff"),
    Unbuilt("R37", "there is one version of the policy, and nothing compares what two allow", verb="policy diff"),
    Unbuilt("R38", "a person is not shown all that is held", verb="subject"),
    Unbuilt("R39", "corrections come by a new form only, and reach profiles with the next night", verb="subject"),
    Unbuilt("R40", "people have no access of their own", verb="subject"),
    Unbuilt("R41", "removal on request is not executed; children's rows are erased", verb="subject"),
    Unbuilt("R42", "there are no tombstones of erased people; ids of children stay refused", verb="subject"),
    Unbuilt(
        "R43",
        "nobody is erased on request yet; days already change by few visitors with the month only",
        verb="subject",
    ),
    Unbuilt("R44", "nothing is metered or disputed, so nothing has to survive", verb="subject"),
    Unbuilt("R45", "cases are not recorded", verb="case"),
    Unbuilt("R46", "due times are not reckoned", verb="case"),
)
