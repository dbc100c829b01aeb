"""What the tests of the embedded server share: a server, its place, a client in a process of its own."""

import subprocess
import sys

import psycopg

from tests.support.postgres import SETTINGS
from tsh_sync_gui.store.embedded import EmbeddedServer
from tsh_sync_gui.store.embedded.location import Place

CLIENT = """
import sys, time
from pathlib import Path
from tsh_sync_gui.store.embedded import EmbeddedServer
server = EmbeddedServer(Path(sys.argv[1]), settings={"fsync": "off"})
print("ready", flush=True)
if sys.argv[2] == "lease":
    with server.lease() as endpoint:
        print(endpoint.port, flush=True)
        sys.stdin.readline()
else:
    endpoint = server.ensure()
    print(endpoint.port, server.status().pid, flush=True)
"""


def server_of(home, **options):
    return EmbeddedServer(home, settings=SETTINGS, **options)


def place_of(server):
    return Place(server.status().folder)


def client(home, doing="ensure"):
    command = [sys.executable, "-c", CLIENT, str(home), doing]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def ask(endpoint, query="SELECT 1"):
    with psycopg.connect(endpoint.conninfo, autocommit=True) as connection:
        answer = connection.execute(query)
        return answer.fetchone()[0] if answer.description else None
