"""Orders: one record is one row, under a pseudonym and to the minute."""

from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa

from policy.schemas import arrow_schema, check_table
from tests.transform.events.records import CONTEXT, POLICY, kept, reasons, record, stored, take
from transform.pseudonyms import pseudonyms
from transform.steps import TRANSACTION_STEPS


def test_the_list_tells_the_life_of_an_order() -> None:
    assert [step.__name__ for step in TRANSACTION_STEPS] == [
        "read_orders",
        "check_products",
        "check_times",
        "leave_late",
        "name_customers",
        "leave_children",
        "leave_repeated",
        "cut_to_minute",
        "state_origin",
    ]


def test_an_order_is_stored_as_the_policy_says() -> None:
    value = record("transaction", event_time="2026-11-23T00:30:59.999+01:00", amount=12.5, country="DE", coupon="X1")
    outcome = take("transaction", [value])
    assert outcome.stored["purchases"].schema.names == arrow_schema(POLICY, "purchases").names
    check_table(POLICY, "purchases", outcome.stored["purchases"])
    assert stored(outcome, "purchases") == [
        {
            "customer": int(pseudonyms(pa.array(["c-17"]), CONTEXT.customer_key)[0]),
            "order_time": datetime(2026, 11, 22, 23, 30, tzinfo=UTC),
            "product": "Photo Tool",
            "vendor": "Acme",
            "amount": Decimal("12.50"),
            "currency": "USD",
            "channel": "web",
            "collected_via": "transaction_form",
            "policy_version": "1.4",
            "event_date": date(2026, 11, 22),
        }
    ]


def test_money_is_exact_however_it_is_written() -> None:
    amounts = [0.1, "0.10", 123456789012.78, "999999999999.99", 7, "7"]
    values = [record("transaction", at, amount=amount) for at, amount in enumerate(amounts)]
    outcome = take("transaction", values)
    expected = ["0.10", "0.10", "123456789012.78", "999999999999.99", "7.00", "7.00"]
    assert [row["amount"] for row in stored(outcome, "purchases")] == [Decimal(text) for text in expected]


def test_orders_of_children_and_unknown_products_leave() -> None:
    child = int(pseudonyms(pa.array(["c-1"]), CONTEXT.customer_key)[0])
    values = [
        record("transaction", 1, customer_id="c-1"),
        record("transaction", 2, customer_id="c-2", product="Other"),
        record("transaction", 3, customer_id="c-2"),
    ]
    outcome = take(
        "transaction",
        values,
        products=frozenset({"Photo Tool"}),
        is_child=lambda customers: np.isin(customers, [child]),
    )
    assert reasons(outcome) == {0: "child", 1: "unknown_product"}
    assert kept(outcome) == [2]


def test_late_and_repeated_orders_leave() -> None:
    values = [
        record("transaction", 1, event_time="2026-11-21T11:59:59Z"),
        record("transaction", 2),
        record("transaction", 2),
    ]
    assert reasons(take("transaction", values)) == {0: "too_late", 2: "repeated_event"}


def test_dictionaries_have_only_what_rows_have() -> None:
    """A file would keep the others, though their records have left."""
    values = [record("transaction", 1, product="Kept"), record("transaction", 2, product="Left", currency="BTC")]
    product = take("transaction", values).stored["purchases"].column("product").combine_chunks()
    assert product.dictionary.to_pylist() == ["Kept"]


def test_an_empty_intake() -> None:
    outcome = take("transaction", [])
    check_table(POLICY, "purchases", outcome.stored["purchases"])
    assert (outcome.left.num_rows, len(outcome.event_ids)) == (0, 0)
