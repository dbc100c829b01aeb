"""The suite's own server gives every test a database of its own, quickly."""

import psycopg
from sqlalchemy import create_engine, make_url, text


def with_a_table(url):
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE made AS SELECT clock_timestamp() AS moment"))
    # Left open on purpose: a template with a connection could not be copied.
    engine.connect()


def moment(url):
    engine = create_engine(url)
    with engine.begin() as connection:
        found = connection.execute(text("DELETE FROM made RETURNING moment")).scalars().all()
    engine.dispose()
    return found


def test_databases_are_prepared_once_and_share_nothing(database_url):
    one, other = database_url(with_a_table), database_url(with_a_table)

    assert moment(one) == moment(other) != []
    assert moment(one) == []


def test_a_database_without_preparation_is_empty(postgres, database_url):
    with psycopg.connect(postgres.conninfo) as connection:
        tables = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()

    assert tables == (0,)
    assert make_url(database_url()).database != postgres.dbname
