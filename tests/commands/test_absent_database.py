"""What commands say when the database server is not there, or has no tables."""

import pytest

from tests.commands.invocation import run_process

#: Nobody listens at port 1.
NOWHERE = "postgres://nobody@127.0.0.1:1/nothing"


@pytest.mark.parametrize(
    "command",
    ["migrate", "showmigrations", "createsuperuser --noinput", "check_listing"],
)
def test_an_absent_server_ends_every_command_with_4_and_one_line(command):
    done = run_process(*command.split(), database_url=NOWHERE)
    assert (done.code, done.out) == (4, "")
    assert done.err.count("\n") == 1
    assert "The database failed: connection failed" in done.err
    assert "127.0.0.1" in done.err


@pytest.mark.parametrize("command", ["createsuperuser --noinput", "check_listing"])
def test_a_database_without_tables_ends_with_the_way_out(command, tmp_path):
    url = f"sqlite:///{tmp_path}/empty.sqlite3"
    sato = {"USERNAME": "sato", "EMAIL": "sato@ledger.example"}
    account = {f"DJANGO_SUPERUSER_{name}": value for name, value in sato.items()}
    done = run_process(*command.split(), database_url=url, variables=account)
    assert done.code == 4
    assert done.err.count("\n") == 1
    assert "Make its tables first: manage.py migrate." in done.err
