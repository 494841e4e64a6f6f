"""What the shipped policy says, held against the promises that it has to make."""

import re
import tomllib
from pathlib import Path

import pytest

from policy import Policy

RELEASES = ("geo_daily", "page_daily", "referrer_daily", "agent_daily", "missing_daily")
WORDS_COPIED_MAX = 7


@pytest.fixture(scope="module")
def privacy_text(shared: Path) -> str:
    texts = list((shared.parent / "seed").glob("plimus-privacy-policy-*.txt"))
    if not texts:
        pytest.skip("the privacy text is not beside the project")
    return texts[0].read_text("utf-8")


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", text.lower())


def _runs(text: str, length: int) -> set[tuple[str, ...]]:
    words = _words(text)
    return {tuple(words[at : at + length]) for at in range(len(words) - length + 1)}


def test_its_version_is_that_of_the_text(plimus: Policy, privacy_text: str) -> None:
    assert f"Ver. {plimus.version} Date: {plimus.dated:%B} {plimus.dated.day}, {plimus.dated.year}" in privacy_text


def test_its_file_is_named_after_it(plimus: Policy, project: Path) -> None:
    assert (project / "policy" / f"{plimus.name}-{plimus.version}.toml").is_file()


def test_every_requirement_is_a_clause(plimus: Policy, shared: Path) -> None:
    requirements = (shared.parent / "REQUIREMENTS.md").read_text("utf-8")
    assert [clause.id for clause in plimus.clauses] == re.findall(r"^- \*\*(R\d+)\*\*", requirements, re.MULTILINE)


def test_every_clause_stands_under_its_part(plimus: Policy, shared: Path) -> None:
    part = ""
    parts = {}
    for line in (shared.parent / "REQUIREMENTS.md").read_text("utf-8").splitlines():
        if line.startswith("## "):
            part = re.sub(r"^## (Part \w+: )?", "", line).split()[0].lower()
        elif found := re.match(r"- \*\*(R\d+)\*\*", line):
            parts[found[1]] = part
    assert {clause.id: clause.part for clause in plimus.clauses} == parts


def test_clauses_are_said_in_our_own_words(plimus: Policy, privacy_text: str, project: Path) -> None:
    original = _runs(privacy_text, WORDS_COPIED_MAX + 1)
    assert original
    for clause in plimus.clauses:
        assert not _runs(f"{clause.title} {clause.asks}", WORDS_COPIED_MAX + 1) & original, clause.id
    whole_file = (project / "policy" / "plimus-1.4.toml").read_text("utf-8")
    assert not _runs(whole_file, WORDS_COPIED_MAX + 1) & original


def test_its_numbers(plimus: Policy) -> None:
    windows, releases, limits = plimus.windows, plimus.releases, plimus.limits
    assert (windows.late_h, windows.day_closes_h, windows.raw_topics_days, windows.linkage_days) == (48, 48, 7, 90)
    assert (plimus.k, releases.k, releases.rounding, releases.dimensions_max) == (10, 10, 5, 2)
    assert (releases.bot_views_minute_max, releases.bot_views_day_max) == (60, 1000)
    assert (limits.age_min_years, limits.dispute_business_days, limits.year_min) == (13, 2, 1995)


def test_retention_periods(plimus: Policy) -> None:
    months = {name: (entry.months, entry.counted_from) for name, entry in plimus.retention.items() if entry.months}
    assert months["hits"] == (25, "taken_at")
    assert months["customer_events"] == (36, "event_time")
    assert months["purchases"] == (36, "order_time")
    assert {name: months[name][0] for name in ("metering", "verification", "piracy", "referrals", "audit")} == {
        "metering": 36,
        "verification": 12,
        "piracy": 12,
        "referrals": 6,
        "audit": 72,
    }
    assert plimus.retention["dead_letters"].days == 30


def test_columns_that_others_rely_on(plimus: Policy, project: Path) -> None:
    expected = tomllib.loads((project / "tests" / "data" / "stored_columns.toml").read_text("utf-8"))
    for name, columns in expected.items():
        found = {one.name: one.type + "?" * one.nullable for one in plimus.table(name).columns}
        assert list(found.items()) == list(columns.items()), name


def test_exact_cells_have_the_cell_columns_of_their_release(plimus: Policy) -> None:
    added = {"groups", "visitors_exact", "released_at"}
    for name in RELEASES:
        cells = tuple(column for column in plimus.table(name).names if column not in added)
        assert plimus.table(f"{name}_cells").names == cells
        assert plimus.table(f"{name}_cells").kind == "mart"


def test_personal_columns_are_the_customers_and_their_trail_only(plimus: Policy) -> None:
    personal = {
        f"{name}.{column.name}" for name, table in plimus.tables.items() for column in table.columns if column.personal
    }
    tables = ("customer_events", "purchases", "customer_daily", "customer_profiles")
    assert personal == {f"{name}.customer" for name in tables} | {"customer_profiles.last_paths"}


def test_r5_no_table_has_a_column_for_an_address(plimus: Policy) -> None:
    names = {column for table in plimus.tables.values() for column in table.names}
    assert not names & {"address", "client", "ip", "forwarded", "peer", "user_agent", "agent", "host_name", "cookie"}
    assert plimus.sources["clickstream"].fields[4].name == "ip"
    assert plimus.sources["clickstream"].fields[4].purposes == ("geo_statistics",)


def test_r6_no_table_has_a_city(plimus: Policy) -> None:
    assert not any(
        column in {"city", "postcode", "latitude"} for table in plimus.tables.values() for column in table.names
    )


def test_r8_casual_visitors_and_customers_share_no_key(plimus: Policy) -> None:
    anonymous = set(plimus.table("hits").names)
    assert not anonymous & {"customer", "event_id", "order_id"}
    for name in ("customer_events", "purchases"):
        assert not set(plimus.table(name).names) & {"visitor", "intake", "taken_at"}


def test_r9_contacts_of_third_persons_serve_referrals_alone(plimus: Policy) -> None:
    assert {field.purposes for field in plimus.sources["referral"].fields} == {("referral",)}
    assert not any(table.names_for("referral") for table in plimus.tables.values())


def test_r14_registration_serves_the_service_alone(plimus: Policy) -> None:
    assert {field.purposes for field in plimus.sources["registration"].fields} == {("service",)}


def test_r15_there_are_four_ways_of_collection_and_another(plimus: Policy) -> None:
    assert list(plimus.collected_via) == ["registration_form", "transaction_form", "clickstream", "log_file", "other"]


def test_r16_mandatory_fields(plimus: Policy) -> None:
    assert {name: source.mandatory for name, source in plimus.sources.items()} == {
        "web_log": ("line",),
        "clickstream": ("event_id", "site", "event_time", "url", "ip", "user_agent"),
        "registration": ("event_id", "event_time", "customer_id", "role", "name", "email", "policy_version"),
        "transaction": (
            "event_id",
            "event_time",
            "order_id",
            "customer_id",
            "product",
            "vendor",
            "amount",
            "currency",
        ),
        "software_usage": ("event_id", "event_time", "licence_id", "product", "product_version", "action", "ip"),
        "referral": ("event_id", "event_time", "referrer_customer_id", "name", "email"),
    }


def test_r16_optional_fields(plimus: Policy) -> None:
    optional = {
        name: {field.name for field in source.fields if not field.mandatory} for name, source in plimus.sources.items()
    }
    assert optional == {
        "web_log": {"site"},
        "clickstream": {
            *("kind", "referrer", "title", "customer_id", "product", "auto_login", "auto_login_opt_in", "gpc"),
            *("dnt", "language", "collected_via"),
        },
        "registration": {"country", "company", "birth_date", "age", "phone", "opt_out", "auto_login_opt_in"},
        "transaction": {"quantity", "coupon", "country"},
        "software_usage": {"host_name", "quantity"},
        "referral": {"kind", "note"},
    }


def test_r18_host_names_come_from_software_for_two_purposes(plimus: Policy) -> None:
    hosts = {
        (name, field.purposes)
        for name, source in plimus.sources.items()
        for field in source.fields
        if field.name == "host_name"
    }
    assert hosts == {("software_usage", ("geo_statistics", "account_verification"))}


def test_r27_each_recipient_has_purposes_and_only_vendors_need_an_agreement(plimus: Policy) -> None:
    assert all(recipient.purposes for recipient in plimus.recipients.values())
    assert [name for name, recipient in plimus.recipients.items() if recipient.needs_agreement] == ["vendor"]
    assert plimus.recipients["vendor"].purposes == ("vendor_usage",)


def test_r29_messages_for_sellers_reach_no_customer(plimus: Policy) -> None:
    to_customers = [name for name, one in plimus.communications.items() if "customer" in one.audiences]
    assert to_customers == ["service_news"]


def test_r31_nothing_is_declared_for_purchase_authorisation(plimus: Policy) -> None:
    assert not any(table.names_for("purchase_authorisation") for table in plimus.tables.values())
    fields = [field for source in plimus.sources.values() for field in source.fields]
    assert not any("purchase_authorisation" in field.purposes for field in fields)


def test_r32_nothing_personal_can_be_reported_to_a_vendor(plimus: Policy) -> None:
    fields = [
        field for source in plimus.sources.values() for field in source.fields if "vendor_usage" in field.purposes
    ]
    assert fields
    assert not any(field.personal for field in fields)


def test_r49_roles(plimus: Policy) -> None:
    assert list(plimus.roles) == ["analyst", "marketing", "support", "batch", "privacy", "customer", "seller"]
    assert plimus.roles["analyst"].purposes == ("geo_statistics",)


def test_r49_who_reads_what(plimus: Policy) -> None:
    readers = {name: {(one.role, one.purposes) for one in table.readers} for name, table in plimus.tables.items()}
    everyone = {(role, ("geo_statistics",)) for role in plimus.roles}
    assert all(readers[name] == everyone for name in RELEASES)
    for name, table in plimus.tables.items():
        roles = {one.role for one in table.readers}
        if table.kind == "fact" or (table.about == "visitors" and table.kind == "mart"):
            assert roles == {"batch", "privacy"}, name
    assert ("batch", ("operations",)) in readers["hits"]
    assert ("batch", ("profile",)) in readers["customer_events"]
    assert ("marketing", ("profile", "marketing")) in readers["customer_profiles"]


def test_a_reader_may_read_every_column_of_its_table(plimus: Policy) -> None:
    for name, table in plimus.tables.items():
        for reader in table.readers:
            for purpose in reader.purposes:
                assert table.names_for(purpose) == table.names, (name, reader.role, purpose)


@pytest.mark.parametrize(
    ("name", "clause"),
    [
        ("password", "R26"),
        ("Password", "R26"),
        ("old-password-hash", "R26"),
        ("card", "R26"),
        ("card_number", "R26"),
        ("cvv", "R26"),
        ("cvv2", "R26"),
        ("Set-Cookie", "R26"),
        ("Authorization", "R26"),
        ("credit_history", "R31"),
        ("credit_card", "R26"),
    ],
)
def test_refused_names(plimus: Policy, name: str, clause: str) -> None:
    rule = plimus.refusal(name)
    assert rule is not None
    assert rule.clause == clause


@pytest.mark.parametrize("name", ["discarded", "accreditation", "author", "shopping", "cardigan", "tokens"])
def test_names_that_only_sound_alike_are_not_refused(plimus: Policy, name: str) -> None:
    assert plimus.refusal(name) is None
