"""What the runtime relies on in the pinned DBOS, public or not: after an upgrade this says loudly what has changed."""

import base64
import inspect
import pickle
import tomllib
from importlib.metadata import version
from pathlib import Path

import dbos._serialization as serialization
import pytest
import sqlalchemy
from dbos import DBOS
from dbos._sys_db import SystemDatabase, db_retry
from dbos._utils import INTERNAL_QUEUE_NAME

from afterclick.engine.bots import Fleet
from afterclick.engine.runtime import LONGEST_WAIT_S, STORY_VERSION, PickleRefused, waits
from tests.engine.bench import Bench
from tests.engine.office import Office, opened
from tests.house.tree import ROOT


class Hostile:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


def hostile(path: Path) -> str:
    return base64.b64encode(pickle.dumps(Hostile(path))).decode()


@pytest.fixture
def run(bench: Bench) -> Office:
    """An office in which one batch has run, and whose engine has stopped."""
    with opened(bench) as office:
        office.queue(bench.put(2))
        office.work()
    return office


def table(bench: Bench, name: str) -> str:
    """One of the runtime's tables."""
    return name if bench.database.is_sqlite else f"dbos.{name}"


def test_the_version_is_pinned_and_installed() -> None:
    dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    assert f"dbos=={version('dbos')}" in dependencies


def test_the_private_names_exist_with_these_parameters() -> None:
    assert list(inspect.signature(DBOS._recover_pending_workflows).parameters) == ["executor_ids"]
    names = list(inspect.signature(SystemDatabase.reenqueue_for_recovery).parameters)
    assert names == ["self", "workflow_id", "executor_ids", "recovery_queue_name"]


def test_no_method_waits_longer_than_some_seconds_for_a_database_that_is_gone(run: Office) -> None:
    found = [longest.cell_contents for longest in waits()]
    assert len(found) > 30, "the retried methods are found where they were"
    assert set(found) == {LONGEST_WAIT_S}
    assert list(inspect.signature(db_retry).parameters) == ["initial_backoff", "max_backoff", "sys_db"]
    assert inspect.signature(db_retry).parameters["max_backoff"].default == LONGEST_WAIT_S
    assert list(inspect.signature(serialization.DefaultSerializer.deserialize).parameters)[1:] != []
    assert INTERNAL_QUEUE_NAME
    assert serialization.DBOSPortableJSONSerializer().name() != serialization.DefaultSerializer().name()


def test_a_run_is_recorded_under_its_batch_with_our_version_as_json(bench: Bench, run: Office) -> None:
    columns = "workflow_uuid, status, executor_id, application_version, serialization"
    with bench.runs() as tx:
        [row] = tx.rows(f"SELECT {columns} FROM {table(bench, 'workflow_status')}")
        inputs = tx.rows(f"SELECT inputs FROM {table(bench, 'workflow_input')}")
        steps = tx.rows(f"SELECT function_name, output FROM {table(bench, 'operation_outputs')} ORDER BY function_id")
        pickled = tx.rows(f"SELECT 1 FROM {table(bench, 'operation_outputs')} WHERE serialization LIKE '%pickle%'")
    assert row[:4] == ("batch-1", "SUCCESS", run.executor, STORY_VERSION)
    assert "pickle" not in row[4]
    assert inputs == [('{"namedArgs":{},"positionalArgs":[1]}',)]
    assert steps == [("check", '{"left":[]}'), ("pay", '{"left":[]}'), ("finish_off", '{"left":[1,2]}')]
    assert not pickled


def test_the_checkpoints_lie_in_the_same_database_as_the_office(bench: Bench, run: Office) -> None:
    tables = sqlalchemy.inspect(bench.database.engine).get_table_names(schema=None if bench.database.is_sqlite else "dbos")
    assert run.executor
    assert "datasource_outputs" in tables
    assert ("workflow_status" in tables) is not bench.database.is_sqlite, "on SQLite runs have a file of their own"


def test_a_pickle_as_the_result_of_a_run_is_refused_and_not_run(bench: Bench, run: Office, tmp_path: Path) -> None:
    planted = tmp_path / "planted"
    with bench.runs() as tx:
        assert tx.run(f"UPDATE {table(bench, 'workflow_output')} SET output = ?", (hostile(planted),)) == 1
        tx.run(f"UPDATE {table(bench, 'workflow_status')} SET serialization = 'py_pickle'")
    with opened(bench), pytest.raises(PickleRefused, match="writes and reads JSON only"):
        DBOS.retrieve_workflow("batch-1").get_result()
    assert run.executor
    assert not planted.exists()


@pytest.mark.parametrize("where", ["arguments", "checkpoint"])
def test_a_pickle_in_a_run_that_is_taken_up_is_refused_and_its_batch_revived(
    bench: Bench, run: Office, tmp_path: Path, where: str
) -> None:
    planted = tmp_path / "planted"
    with bench.database.transaction() as tx:
        tx.run("UPDATE things SET state = 'running', batch = 1")
        tx.run("UPDATE batches SET finished_ms = 0, progress = '{}'")
    with bench.runs() as tx:
        tx.run(f"UPDATE {table(bench, 'workflow_status')} SET status = 'PENDING', executor_id = 'dead', owner_xid = NULL")
        tx.run(f"DELETE FROM {table(bench, 'workflow_output')}")
        if where == "arguments":
            tx.run(f"UPDATE {table(bench, 'workflow_input')} SET inputs = ?", (hostile(planted),))
            tx.run(f"UPDATE {table(bench, 'workflow_status')} SET serialization = 'py_pickle'")
        else:
            sql = f"UPDATE {table(bench, 'operation_outputs')} SET output = ?, serialization = 'py_pickle'"
            tx.run(sql, (hostile(planted),))
    with opened(bench) as office:
        office.start()
        assert office.becomes(lambda: bench.rows("SELECT MAX(id) FROM batches") == [(2,)])
        assert office.becomes(lambda: set(bench.states().values()) == {"done"})
    assert run.executor
    assert not planted.exists()


def test_the_payload_of_these_tests_is_armed(tmp_path: Path) -> None:
    pickle.loads(base64.b64decode(hostile(tmp_path / "planted")))  # noqa: S301
    assert (tmp_path / "planted").exists()


def test_a_fleet_without_bots_opens_and_closes(bench: Bench) -> None:
    with opened(bench, Fleet()) as office:
        office.work()
    assert bench.activities() == []
