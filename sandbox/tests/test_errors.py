"""The error tables together."""

from __future__ import annotations

from sandbox.rules.error_codes import DETAILS, KINDS
from sandbox.tests import test_errors_account, test_errors_failed, test_errors_messages, test_errors_told
from sandbox.tests.refusals import MEANT, Row

LEAST_CODES = 65


def rows() -> list[Row]:
    return [*test_errors_messages.TABLE, *test_errors_account.TABLE, *test_errors_told.TABLE]


def provoked() -> set[int]:
    failed = {*test_errors_told.FAILED_DIALLED, *test_errors_told.FAILED_TOLD}
    return {row.code for row in rows()} | failed | {code for _, code, _ in test_errors_failed.CAUSES}


def test_nearly_every_code_of_meta_is_provoked() -> None:
    assert len(provoked()) >= LEAST_CODES


def test_sandbox_knows_no_code_that_no_row_provokes() -> None:
    assert set(KINDS) == provoked() == set(MEANT)
    assert set(DETAILS) <= set(KINDS)


def test_rows_have_names_of_their_own() -> None:
    for table in (test_errors_messages.TABLE, test_errors_account.TABLE, test_errors_told.TABLE):
        assert len({row.name for row in table}) == len(table)
