import pytest

from airflow_provider_mode.sandbox.switches import TABLE, Switches, describe


def test_every_switch_has_its_default_and_takes_its_values() -> None:
    """The default stands first, and each value named is taken."""
    switches = Switches()
    assert len(switches) == len(TABLE) == len(list(switches))
    for switch in TABLE:
        assert switches[switch.name] == switch.initial
        for value in switch.values:
            if not value.startswith("<"):
                switches.update({switch.name: value})
                assert switches[switch.name] == value


def test_texts_and_numbers() -> None:
    """Lists are split at commas, numbers are read, booleans mean present and absent."""
    switches = Switches({"report_nulls": "edited_at, name", "run_seconds": 5, "creator": False})
    assert switches.names("report_nulls") == {"edited_at", "name"}
    assert switches.number("run_seconds") == 5
    assert not switches.shows("creator")
    switches.reset({})
    assert switches.shows("creator")


@pytest.mark.parametrize(
    ("name", "value"),
    [("archive_twice", "300"), ("run_seconds", "soon"), ("run_seconds", "-1"), ("unreadable", "abc:999")],
)
def test_values_that_make_no_sense_are_refused(name: str, value: str) -> None:
    """The error names the switch, and nothing is set."""
    switches = Switches()
    with pytest.raises(ValueError, match=f"switch {name}: '{value}' is none of"):
        switches.update({"archive_status": "202", name: value})
    assert switches["archive_status"] == "200"


def test_an_unknown_switch_is_refused() -> None:
    """The error names it."""
    with pytest.raises(ValueError, match="switch gravity: unknown"):
        Switches({"gravity": "off"})


def test_the_table_describes_itself() -> None:
    """One line for each switch, default first."""
    lines = describe().splitlines()
    assert len(lines) == len(TABLE) + 2
    assert "| `archive_schedules` | `keep` · `pause` · `remove` |" in lines[2]
    assert any("`2` number" in line for line in lines)
    assert any("empty; text" in line for line in lines)
