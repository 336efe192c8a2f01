from __future__ import annotations

import importlib
import json
import tomllib
from pathlib import Path
from typing import Any

import airflow
import pytest
from airflow.providers_manager import ProvidersManager

import airflow_provider_mode
from airflow_provider_mode.get_provider_info import get_provider_info
from airflow_provider_mode.hooks.mode import ModeHook

INFO = get_provider_info()
CONNECTION = INFO["connection-types"][0]
PACKAGE = Path(airflow_provider_mode.__file__).parent
ROOT = Path(__file__).resolve().parent.parent


def schema(name: str) -> Any:
    """One of Airflow's own JSON schemas, as the installed line has it."""
    return json.loads((Path(airflow.__file__).parent / name).read_text())


def test_airflow_accepts_the_provider_info() -> None:
    """The dict passes the schema of the installed Airflow, which requires nothing of another line."""
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.validate(INFO, schema("provider_info.schema.json"))
    assert {"name", "description", "package-name"} <= INFO.keys()


def test_the_connection_form_passes_the_stricter_schema() -> None:
    """Airflow 3 describes a connection type more closely in the schema of its own providers' sources."""
    jsonschema = pytest.importorskip("jsonschema")
    if not (Path(airflow.__file__).parent / "provider.yaml.schema.json").exists():
        pytest.skip("this line of Airflow does not bring the schema of provider.yaml")
    whole = schema("provider.yaml.schema.json")
    for part in ("connection-types", "integrations", "hooks", "operators", "sensors", "triggers"):
        rules = {"definitions": whole.get("definitions", {}), **whole["properties"][part]}
        jsonschema.validate(INFO[part], rules)
    known = whole["properties"]["connection-types"]["items"]["properties"]
    if "ui-field-behaviour" in known:  # not yet on 2.11, which asks the hook
        assert set(CONNECTION) <= set(known)


def named(path: str) -> Any:
    """What a dotted path names."""
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


def test_links_and_assets_exist() -> None:
    """Every button and every function for assets can be imported; every public button is listed."""
    links = importlib.import_module("airflow_provider_mode.links")
    listed = {named(path).__name__ for path in INFO["extra-links"]}
    assert listed == set(links.__all__) - {"ModeLink"}
    for entry in INFO["asset-uris"]:
        assert entry["schemes"] == ["mode"]
        assert all(callable(named(path)) for key, path in entry.items() if key != "schemes")
    assert INFO["dataset-uris"] == INFO["asset-uris"]


def test_there_is_one_version() -> None:
    """The package's, which the metadata is made of and the changelog tells of."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert INFO["versions"] == [airflow_provider_mode.__version__]
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["hatch"]["version"]["path"] == "airflow_provider_mode/__init__.py"
    assert f"## [{airflow_provider_mode.__version__}]" in (ROOT / "CHANGELOG.md").read_text()
    assert INFO["package-name"] == project["project"]["name"]


def test_the_distribution_says_what_airflows_registry_asks_for() -> None:
    """Both classifiers, the entry point, a licence, Python and Airflow at least as new as is tested."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert {"Framework :: Apache Airflow", "Framework :: Apache Airflow :: Provider"} <= set(
        project["classifiers"]
    )
    assert named(project["entry-points"]["apache_airflow_provider"]["provider_info"].replace(":", ".")) is (
        get_provider_info
    )
    assert (project["license"], project["requires-python"]) == ("Apache-2.0", ">=3.11")
    assert "apache-airflow>=2.11" in project["dependencies"]
    assert set(project["optional-dependencies"]) == {"openlineage", "parquet", "redis"}


@pytest.mark.parametrize("kind", ["hooks", "operators", "sensors", "triggers"])
def test_every_module_is_listed_and_exists(kind: str) -> None:
    """What the provider says it brings is what its folders hold, no more and no less."""
    listed = {module for entry in INFO[kind] for module in entry["python-modules"]}
    for module in listed:
        importlib.import_module(module)
    if kind != "hooks":
        public = {path.stem for path in (PACKAGE / kind).glob("[a-z]*.py")}
        assert listed == {f"airflow_provider_mode.{kind}.{stem}" for stem in public}


@pytest.mark.parametrize("kind", ["operators", "sensors", "triggers"])
def test_every_class_is_importable_from_its_package(kind: str) -> None:
    """All operators from ``operators``, and so on; another name is an AttributeError."""
    package = importlib.import_module(f"airflow_provider_mode.{kind}")
    for name in package.__all__:
        assert getattr(package, name).__name__ == name
    with pytest.raises(AttributeError, match="has no attribute 'NoSuch'"):
        package.NoSuch  # noqa: B018 - reading it is the test


def test_the_hook_is_what_the_metadata_says() -> None:
    """Airflow refuses a hook whose connection type or name differ from the metadata's."""
    module, _, name = CONNECTION["hook-class-name"].rpartition(".")
    assert getattr(importlib.import_module(module), name) is ModeHook
    assert importlib.import_module("airflow_provider_mode.hooks").ModeHook is ModeHook
    assert CONNECTION["connection-type"] == ModeHook.conn_type == "mode"
    assert CONNECTION["hook-name"] == ModeHook.hook_name
    assert ModeHook.default_conn_name == "mode_default"
    assert ModeHook.conn_name_attr == "mode_conn_id"
    with pytest.raises(AttributeError, match="has no attribute 'Other'"):
        importlib.import_module("airflow_provider_mode.hooks").Other  # noqa: B018 - reading it is the test


def test_both_forms_are_the_same_form() -> None:
    """The form of 2.11 (hook) and that of 3.2 and later (metadata) show and hide the same fields."""
    old, new = ModeHook.get_ui_field_behaviour(), CONNECTION["ui-field-behaviour"]
    assert old == {key.replace("-", "_"): value for key, value in new.items()}
    assert old["relabeling"] == {
        "login": "API token",
        "password": "API secret",
        "schema": "Workspace",
        "host": "Base URL",
    }
    assert set(old["hidden_fields"]) == {"description", "port", "extra"}
    pytest.importorskip("jsonschema").validate(old, schema("customized_form_field_behaviours.schema.json"))


@pytest.mark.filterwarnings(
    "ignore:ProvidersManager.hooks is deprecated"
)  # its successor is not there on 2.11
def test_airflow_itself_finds_the_provider() -> None:
    """Airflow's provider manager knows the connection type and its labels, by the entry point alone."""
    manager: Any = ProvidersManager  # Airflow's own code is not typed here
    manager = manager()
    hook = manager.hooks["mode"]
    assert hook is not None
    assert hook.hook_name == "Mode"
    assert hook.package_name == "airflow-provider-mode"
    assert manager.field_behaviours["mode"]["relabeling"]["schema"] == "Workspace"
