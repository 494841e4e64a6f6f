"""Every state of the page of customers, as ``tests/data/report_profiles.toml`` tells it."""

from typing import Any

import pytest

from tests.dashboards.profiles.staging.cases import load_cases, options_of, tables_of
from tests.dashboards.profiles.staging.marts import page_of


@pytest.mark.parametrize("case", [pytest.param(case, id=case["why"]) for case in load_cases()])
def test_page_says_what_its_figures_mean(case: dict[str, Any]) -> None:
    left = dict(case)
    left.pop("why")
    page = page_of(tables_of(left), options_of(left))

    def seen(section: str) -> str:
        return page.loud if section == "page" else page.section(section)

    for section, texts in left.pop("shows", {}).items():
        for text in texts:
            assert text in seen(section)
    for section, texts in left.pop("hides", {}).items():
        for text in texts:
            assert text not in seen(section)
    for section in left.pop("absent", []):
        assert not page.section(section)
    assert not left, "a key of the case is left over"
