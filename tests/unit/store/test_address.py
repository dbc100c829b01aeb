"""Addresses: every form people write, no password in sight."""

import pytest

from tsh_sync_gui.store.address import parse_address


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://u:p%40ss@host:5433/db?sslmode=require",
        "postgres://u:p%40ss@host:5433/db?sslmode=require",
        "postgresql+psycopg://u:p%40ss@host:5433/db?sslmode=require",
        "  host=host port=5433 user=u password=p@ss dbname=db sslmode=require ",
    ],
)
def test_all_forms_of_an_address_mean_the_same(text):
    address = parse_address(text)

    assert (address.where, address.user, address.database) == ("host:5433", "u", "db")
    assert dict(address.params)["password"] == "p@ss"
    assert dict(address.params)["sslmode"] == "require"
    assert "p@ss" not in repr(address)


def test_options_of_the_address_are_kept_and_win():
    args = parse_address("postgresql://h/db?options=-c%20work_mem%3D1MB&application_name=mine").connect_args("lock")

    assert args["options"].endswith("-c work_mem=1MB")
    assert "search_path=tsh,sync,jobs,public" in args["options"]
    assert args["application_name"] == "mine lock"
