"""`footfall profile`: one customer's profile for eyes, or an audience's profiles as a file with an entry in the ledger."""

from itertools import groupby
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import typer
from rich.table import Table
from rich.text import Text

from footfall.commands.answers.sql import as_objects
from footfall.exports.disclosing import Export, Form, disclose
from footfall.exports.opening import open_with_house, open_with_key, read_key
from footfall.house import House
from footfall.terminal import ConfigOption, DataOption, JsonOption, count, err, out, print_json, print_table
from policy.errors import FootfallError, UsageError
from warehouse.exports import Mailing

INT64: Final = (-(2**63), 2**63 - 1)
SHOW: Final = "select * from customer_profiles where customer = $customer order by customer"
ANY: Final = "select count(*) as profiles from customer_profiles"
DASH: Final = "\N{EN DASH}"

app = typer.Typer(
    help="Profiles of registered customers: show one, or export an audience.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


class ProfileError(FootfallError):
    """There is no profile that may be shown."""


@app.command("show", short_help="One customer's profile.")
def show_command(
    customer_id: Annotated[
        str | None, typer.Argument(metavar="CUSTOMER_ID", help="The customer's id, as the shop knows it.")
    ] = None,
    number: Annotated[
        int | None,
        typer.Option(
            metavar="PSEUDONYM",
            help="The customer's number, as profiles and their page show it.",
            min=INT64[0],
            max=INT64[1],
        ),
    ] = None,
    role: Annotated[str, typer.Option(metavar="ROLE", help="Who asks: marketing, privacy, batch.")] = "marketing",
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show one customer's profile: figures, interests, newest pages.

    It is read through the door for the purpose profile, and audited. When a month's key was destroyed, a line on stderr (`notes`
    with --json) says which months it is made without. Who opted out of profiles, a child, and who is not
    known all get the same answer, so that it tells nothing about them.

    Examples:


      footfall profile show C-1017

      footfall profile show --number 4611686018427387904 --json
    """
    with House.open(data, config) as house:
        with house.asker(role, "profile").well_formed():
            if (customer_id is None) == (number is None):
                raise UsageError("name one customer: by CUSTOMER_ID or by --number, not by both")
        profile = show(house, customer_id, number, role=role)
        currency = house.settings.currency
    if json:
        print_json(profile)
    else:
        _print(profile, currency)
        for note in profile.get("notes", ()):
            err.print(f"footfall: {note}", markup=False, soft_wrap=True)


@app.command("export", short_help="The profiles of an audience, into a file.")
def export_command(
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The file to write, readable by you alone.")
    ],
    audience: Annotated[Literal["customer", "seller"], typer.Option(help="Whom the message is for.")],
    communication: Annotated[
        str, typer.Option("--for", metavar="COMMUNICATION", help="The type of message, as the policy names it.")
    ],
    form: Annotated[
        Form | None, typer.Option("--format", help="The file's form (default: what its name ends with).")
    ] = None,
    recipient: Annotated[str, typer.Option(metavar="NAME", help="Who is given the file.")] = "house",
    segment: Annotated[
        list[str] | None, typer.Option(metavar="SEGMENT", help="Only this segment; may be given more than once.")
    ] = None,
    key_file: Annotated[
        Path | None,
        typer.Option("--key-file", metavar="FILE", help="Write the key there too, for who is given the file."),
    ] = None,
    plain: Annotated[bool, typer.Option("--plain", help="Lock nothing; the ledger says so.")] = False,
    role: Annotated[str, typer.Option(metavar="ROLE", help="Who asks.")] = "marketing",
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Write the profiles of an audience to a file, for one type of message.

    What is personal in it (customer, last_paths) is locked under a key of this export's own; every program reads the other
    columns. `footfall profile open` unlocks it here. Somebody else needs the key: --key-file writes it, for you alone to
    read; give it another way than the file. --plain locks nothing.

    Left out is who refused that type of message, up to this moment, and always who opted out of profiles, and children. The
    disclosure goes into the ledger before the file is written, so no file is without an entry. Columns are those that
    the policy opens for the purpose marketing.

    Examples:


      footfall profile export -o sellers.csv --audience seller --for newsletter

      footfall profile export -o sellers.csv --key-file sellers.key --audience seller --for newsletter

      footfall profile export -o best.parquet --audience seller --for special_deals --segment champion --segment loyal
    """
    mailing = Mailing(communication, audience, recipient, tuple(segment or ()))
    with House.open(data, config) as house:
        export = disclose(house, mailing, output, form, role=role, plain=plain, key_file=key_file)
    if json:
        print_json(export)
    else:
        _say(export, mailing, key_file)


@app.command("open", short_help="Unlock an export.")
def open_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The export.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The plain file to write, readable by you alone.")
    ],
    key_file: Annotated[
        Path | None,
        typer.Option("--key-file", metavar="FILE", help="The key that came with it; then no warehouse is needed."),
    ] = None,
    form: Annotated[
        Form | None, typer.Option("--format", help="The file's form (default: what its name ends with).")
    ] = None,
    role: Annotated[
        str, typer.Option(metavar="ROLE", help="Who asks, where the key is the warehouse's.")
    ] = "marketing",
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Unlock an export into a plain file of the same form.

    In the warehouse that made it no key file is needed: the door lets whoever may read profiles for marketing open it, and the
    audit has an entry. `footfall keys destroy --period 2026-11 --purpose export` ends that for all exports of a month.

    Examples:


      footfall profile open sellers.csv -o sellers-plain.csv

      footfall profile open sellers.csv --key-file sellers.key -o sellers-plain.csv
    """
    if key_file is not None:
        opened = open_with_key(read_key(key_file), file, output, form)
    else:
        with House.open(data, config) as house:
            opened = open_with_house(house, file, output, form, role=role)
    if json:
        print_json(opened)
    else:
        out.print(
            f"{opened.out}: {count(opened.rows, 'profile')}, nothing in it is locked", markup=False, soft_wrap=True
        )


def show(house: House, customer_id: str | None, number: int | None, *, role: str = "marketing") -> dict[str, Any]:
    """Read one profile for the purpose profile.

    Returns:
        The columns of `customer_profiles`; maps are objects. Where months of what it is made of are locked for ever, `notes`
        says so in lines.

    Raises:
        RefusedError: the role may not ask for this purpose (R49).
        ProfileError: there is nothing to show; the text is the same for everybody of whom there is no profile.
    """
    with house.ask(role, "profile") as session:
        customer = house.subjects.pseudonym(customer_id) if customer_id is not None else number
        found = as_objects(session.query(SHOW, {"customer": customer}))
        if found:
            return found[0] | ({"notes": list(session.notes)} if session.notes else {})
        if not session.query(ANY).to_pylist()[0]["profiles"]:
            raise ProfileError("there are no profiles yet; `footfall nightly` makes them of registered customers")
    raise ProfileError(
        "there is no profile to show: profiles are of registered customers who are no children and did not opt out of "
        "them (R10, R17)"
    )


def _print(profile: dict[str, Any], currency: str) -> None:
    """Print a profile as two tables and the newest pages by day."""
    fifths = [profile[name] for name in ("r", "f", "m")]
    scores = "" if None in fifths else " (R{} F{} M{})".format(*fifths)
    ago = profile["recency_days"]
    rows = [
        ("segment", f"{profile['segment']}{scores}"),
        ("audience", profile["role"]),
        ("first seen", f"{profile['first_seen']:%Y-%m-%d %H:%M}"),
        ("last seen", f"{profile['last_seen']:%Y-%m-%d %H:%M}"),
        ("days seen", f"{profile['days_seen']:,}"),
        ("sessions", f"{profile['sessions']:,}"),
        ("views", f"{profile['views']:,}"),
        ("mostly from", profile["top_country"]),
        ("orders", f"{profile['orders']:,}, {profile['monetary']:,} {currency}"),
        ("last order", DASH if ago is None else f"{count(ago, 'day')} before {profile['as_of']}"),
        ("as of", f"{profile['as_of']}, policy {profile['policy_version']}"),
    ]
    print_table(f"Customer {profile['customer']}", rows)
    if profile["categories"]:
        _print_interests(profile["categories"])
    if profile["last_paths"]:
        out.print("\n[bold]Newest pages (UTC)[/bold]")
        newest = sorted(profile["last_paths"], key=lambda page: page["minute"], reverse=True)
        for day, pages in groupby(newest, key=lambda page: page["minute"].date()):
            out.print(f"{day:%a} {day}")
            for page in pages:
                out.print(f"  {page['minute']:%H:%M}  {page['path']}", markup=False, soft_wrap=True)


def _print_interests(shares: dict[str, float]) -> None:
    table = Table(
        title="Interests", title_justify="left", title_style="bold", show_header=False, box=None, pad_edge=False
    )
    table.add_column(style="dim", overflow="fold")
    table.add_column(justify="right")
    for category, share in sorted(shares.items(), key=lambda entry: (-entry[1], entry[0])):
        table.add_row(Text(category), Text(f"{share:.0%}"))
    out.print()
    out.print(table)


def _say(export: Export, mailing: Mailing, key_file: Path | None) -> None:
    """Say what was written, who is not in it, and where that stands in the ledger."""
    out.print(
        f"{export.out}: {count(export.rows, mailing.audience)} for {mailing.communication}, given to {mailing.recipient}; "
        f"disclosure {export.ledger} in the ledger",
        markup=False,
        soft_wrap=True,
    )
    for number, why in (
        (export.left_out["opted_out"], f"refused {mailing.communication} (R28)"),
        (export.left_out["withdrawn"], "may have no profile any more: opted out, a child, or gone (R11)"),
        (export.left_out["elsewhere"], f"no longer belongs to the audience {mailing.audience} (R29)"),
    ):
        if number:
            out.print(f"  left out: {number:,}, {why}", markup=False, soft_wrap=True)
    how = (
        "nothing is locked, as the ledger says"
        if export.key is None
        else f"locked under {export.key}; its key is in {key_file}, give it another way than the file"
        if key_file
        else f"locked under {export.key}; `footfall profile open` opens it here"
    )
    out.print(f"  {how}", markup=False, soft_wrap=True)
    if not export.rows:
        out.print(f"  the file has its columns only: {export.why_empty}", markup=False, soft_wrap=True)
