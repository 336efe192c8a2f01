from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from airflow_provider_mode.governance.errors import SettingError
from airflow_provider_mode.operators import _folder

NOW = datetime(2026, 11, 24, 19, 28, 57, tzinfo=UTC)


def instance(map_index: int | None = -1) -> dict[str, object]:
    """A context with a task instance of an awkward run id."""
    ti = SimpleNamespace(
        dag_id="tidy", run_id="manual__2026-11-24T19:28:57+00:00", task_id="a.b", map_index=map_index
    )
    return {"ti": ti}


@pytest.mark.parametrize("index", [-1, None])
def test_a_task_instance_has_its_own_folder(index: int | None) -> None:
    """Dag, run and task are folders, with awkward characters escaped."""
    found = _folder.folder_in(Path("/out"), _folder.Whereabouts.of(instance(index)), NOW, "x")
    assert found == Path("/out/tidy/manual__2026-11-24T19~3A28~3A57~2B00~3A00/a.b")


def test_a_mapped_task_has_one_folder_an_index() -> None:
    """Index 0 is an index."""
    found = _folder.folder_in(Path("/out"), _folder.Whereabouts.of(instance(0)), NOW, "x")
    assert found.name == "0"


def test_outside_a_run_the_folder_is_named_for_the_moment() -> None:
    """``execute({})`` twice writes to two folders."""
    assert _folder.folder_in(Path("/out"), _folder.Whereabouts.of({}), NOW, "ab12") == Path(
        "/out/20261124T192857Z-ab12"
    )


def test_escaped_names_stay_apart_and_inside() -> None:
    """No name climbs out of the folder, is cut to another's, or is longer than a file system takes."""
    assert _folder.escaped("..") == "~2E."
    assert _folder.escaped("a/b") != _folder.escaped("a~2Fb")
    assert _folder.escaped("é") == "~C3~A9"
    long, other = _folder.escaped("x" * 300), _folder.escaped("x" * 299 + "y")
    assert len(long) < 255
    assert long != other


def test_file_uris_are_local_paths_and_others_airflows() -> None:
    """Only local paths can be locked and synced."""
    for uri in ("file:///a/b c%20d", "file://localhost/a/b c%20d", "/a/b c%20d"):
        assert _folder.path_of(uri, "output_uri", str) == Path("/a/b c%20d")
    assert _folder.path_of("s3://conn@bucket/x", "output_uri", str.upper) == "S3://CONN@BUCKET/X"
    for wrong in ("relative/folder", "file://folder"):
        with pytest.raises(SettingError, match="output_uri: must be a URI"):
            _folder.path_of(wrong, "output_uri", str)


def test_a_scheme_that_airflow_does_not_know_is_named() -> None:
    """The sentence of Airflow comes with the parameter's name."""

    def refuse(uri: str) -> str:
        raise ValueError("no such protocol")

    with pytest.raises(SettingError, match="history: 'gopher://x' cannot be used: no such protocol"):
        _folder.path_of("gopher://x", "history", refuse)


def test_uris_lead_back_to_their_paths() -> None:
    """What a result holds can be given to the next operator."""
    path = Path("/a/b~3A c")
    assert _folder.path_of(_folder.uri_of(path), "plan", str) == path
    assert _folder.uri_of("s3://b/k") == "s3://b/k"


@pytest.mark.parametrize(
    ("executor", "dies"),
    [
        ("LocalExecutor", False),
        ("SequentialExecutor", False),
        ("airflow.executors.local_executor.LocalExecutor", False),
        ("LocalExecutor,CeleryExecutor", False),
        ("CeleryExecutor", True),
        ("CeleryExecutor,LocalExecutor", True),
        ("alias:airflow.providers.cncf.kubernetes.executors.kubernetes_executor.KubernetesExecutor", True),
    ],
)
def test_a_file_dies_with_a_remote_worker(executor: str, *, dies: bool) -> None:
    """The first executor of the list is the one that runs a task by default."""
    assert _folder.dies_with_worker(Path("/x"), executor) is dies
    assert not _folder.dies_with_worker("s3://b", executor)


def test_the_default_folder_is_under_airflows_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing is said, files go to ``$AIRFLOW_HOME/mode/<workspace>``."""
    monkeypatch.setenv("AIRFLOW_HOME", "/srv/airflow")
    assert _folder.default_uri("acme") == "file:///srv/airflow/mode/acme"
    monkeypatch.delenv("AIRFLOW_HOME")
    assert _folder.default_uri("acme") == f"file://{Path.home()}/airflow/mode/acme"
