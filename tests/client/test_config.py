"""What cannot be right is refused at once, with a sentence that names the field."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from airflow_provider_mode.client import errors
from airflow_provider_mode.client.config import ModeConfig, RateLimit, Signature
from airflow_provider_mode.client.errors import ConfigurationError, ModeError, error_class
from airflow_provider_mode.client.names import report_token, segment

HOST = "https://app.mode.com"


def config(**more: Any) -> ModeConfig:
    """A configuration that is right but for what is given."""
    return ModeConfig(**{"workspace": "acme", "login": "login-abc", "password": "secret-xyz", **more})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("workspace", ""),
        ("workspace", None),
        ("workspace", "Acme"),
        ("workspace", "acme corp"),
        ("workspace", "https://app.mode.com/acme"),
        ("login", ""),
        ("login", None),
        ("login", "a:b"),
        ("login", "a\nb"),
        ("password", " "),
        ("password", "a\r\nb"),
        ("host", None),
        ("host", "app.mode.com"),
        ("host", "ftp://app.mode.com"),
        ("host", "https://"),
        ("host", "http://app.mode.com"),
        ("host", "https://user:pw@app.mode.com"),
        ("host", "https://app.mode.com/api"),
        ("host", "https://app.mode.com?x=1"),
        ("host", "https://app.mode.com#x"),
        ("host", "https://app.mode.com:port"),
        ("host", "https://[bad"),
        ("timeout", (1, 0)),
        ("timeout", (1,)),
        ("timeout", 10),
        ("timeout", (1, "2")),
        ("retry_for", 0),
        ("retry_for", True),
        ("retry_for", float("nan")),
        ("concurrency", 0),
        ("concurrency", 2.5),
        ("concurrency", True),
        ("rate_limit", {"requests": 4}),
        ("proxies", ["http://x"]),
        ("proxies", {"http": 5}),
        ("verify", ""),
        ("verify", 3),
        ("user_agent", "a\nb"),
        ("user_agent", 5),
    ],
)
def test_a_field_that_cannot_be_right_is_named(field: str, value: Any) -> None:
    """The sentence begins with the field's name, and shows no secret."""
    with pytest.raises(ConfigurationError, match=f"^{field}: ") as caught:
        config(**{field: value})
    assert "secret-xyz" not in str(caught.value)
    assert isinstance(caught.value, ValueError)
    assert not caught.value.retryable


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ({"requests": 0}, "rate_limit.requests"),
        ({"period": -1}, "rate_limit.period"),
        ({"redis": ""}, "rate_limit.redis"),
        ({"redis": 5}, "rate_limit.redis"),
    ],
)
def test_a_rate_limit_that_cannot_be_right(parts: dict[str, Any], field: str) -> None:
    """Requests, period and URL are checked like every field."""
    with pytest.raises(ConfigurationError, match=f"^{field}: "):
        RateLimit(**parts)


@pytest.mark.parametrize("field", ["token", "access_key", "access_secret"])
def test_a_signature_is_whole(field: str) -> None:
    """All three parts of a Discovery signature are needed."""
    with pytest.raises(ConfigurationError, match=f"^discovery.{field}: "):
        Signature(**{"token": "a", "access_key": "b", "access_secret": "c", field: ""})


@pytest.mark.parametrize(
    ("host", "plain"),
    [
        ("https://app.mode.com/", "https://app.mode.com"),
        (" https://App.Mode.com:443 ", "https://app.mode.com"),
        ("http://localhost:80", "http://localhost"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("https://mode.example.com:8443", "https://mode.example.com:8443"),
    ],
)
def test_a_host_takes_its_plain_form(host: str, plain: str) -> None:
    """Case, a last slash and the usual port do not make another host; loopback may go without TLS."""
    assert config(host=host).host == plain


def test_nothing_secret_shows() -> None:
    """A repr holds neither key nor proxies, and the hash for shared files names no credential."""
    whole = config(
        proxies={"https": "http://u:proxypw@gate"},
        rate_limit=RateLimit(redis="redis://:redispw@host"),
        discovery=Signature(token="dtoken", access_key="dkey", access_secret="dsecret"),
    )
    for secret in ("login-abc", "secret-xyz", "proxypw", "redispw", "dtoken", "dkey", "dsecret"):
        assert secret not in repr(whole)
        assert secret not in whole.key_hash
    assert whole.key_hash == config(password="other").key_hash
    assert whole.key_hash != config(login="other").key_hash
    assert whole.key_hash != config(host="http://localhost:1").key_hash


def test_errors_survive_being_pickled() -> None:
    """Airflow carries exceptions between processes; nothing of them may be lost."""
    error = errors.RateLimited(
        "d", method="GET", path="/p", status=429, mode_id="i", attempts=3, maybe_done=True
    )
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301  # our own bytes
    assert (str(copy), vars(copy)) == (str(error), vars(error))


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ModeError("Just a sentence."), "Just a sentence."),
        (
            errors.BadRequest(
                method="PATCH",
                path="/api/acme/reports/a",
                status=400,
                mode_id="bad_request",
                mode_message="No.",
            ),
            "PATCH /api/acme/reports/a answered 400 bad_request: No. " + errors.BadRequest.advice,
        ),
        (
            errors.ConnectionFailed("refused", method="POST", path="/p", attempts=2, maybe_done=True),
            "POST /p got no usable answer: refused (2 attempts). The change may have been made all the same. "
            + errors.ConnectionFailed.advice,
        ),
        (ModeError(method="GET", path="/p", status=299), "GET /p answered 299."),
    ],
)
def test_an_error_says_all_it_knows(error: ModeError, text: str) -> None:
    """Method, path, status, Mode's words, attempts, and what to do."""
    assert str(error) == text


def test_every_error_is_in_the_drawn_tree() -> None:
    """The docstring draws the classes as they are, and says which are permanent."""
    classes = [
        value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, ModeError)
    ]
    drawn = errors.__doc__ or ""
    assert all(f" {cls.__name__} " in drawn or cls is ModeError for cls in classes)
    permanent = {cls.__name__ for cls in classes if not cls.retryable}
    assert permanent == {
        "ConfigurationError",
        "AuthenticationError",
        "PermissionDenied",
        "NotFound",
        "BadRequest",
    }
    assert error_class(505) is errors.ServerError
    assert error_class(409) is errors.UnexpectedReply


@pytest.mark.parametrize(
    "name",
    [
        "abcdefabcdef",
        " abcdefabcdef\n",
        "123456789012",
        "https://app.mode.com/acme/reports/abcdefabcdef",
        "https://APP.mode.com:443/acme/reports/abcdefabcdef/",
        "https://app.mode.com/acme/reports/abcdefabcdef/runs/123412341234?x=1#y",
        "https://app.mode.com/api/acme/reports/abcdefabcdef",
        "https://app.mode.com/editor/acme/reports/abcdefabcdef/queries/1",
        "https://app.mode.com/acme/datasets/abcdefabcdef",
    ],
)
def test_a_report_is_named_by_its_characters_or_its_url(name: str) -> None:
    """Both forms that people copy are understood."""
    assert report_token(name, host=HOST, workspace="acme") in {"abcdefabcdef", "123456789012"}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (5, "must be a text"),
        ("", "neither"),
        ("abc", "neither"),
        ("Revenue by region and by month and by product and by day and more", r"more|\.\.\."),
        ("https://modeanalytics.com/acme/reports/abcdefabcdef", "another host"),
        ("http://app.mode.com/acme/reports/abcdefabcdef", "another host"),
        ("ftp://app.mode.com/acme/reports/abcdefabcdef", "another host"),
        ("https://app.mode.com/other/reports/abcdefabcdef", "workspace 'other'"),
        ("https://app.mode.com/acme/spaces/abcdefabcdef", "not the path of a report"),
        ("https://app.mode.com/acme/reports/abc", "not the path of a report"),
        ("https://app.mode.com:x/acme/reports/abcdefabcdef", "is not a URL"),
    ],
)
def test_what_names_no_report_here_is_refused(name: object, words: str) -> None:
    """A report of another host or workspace, or no report at all, is refused with a sentence."""
    with pytest.raises(ConfigurationError, match=words):
        report_token(name, host=HOST, workspace="acme")


@pytest.mark.parametrize("name", ["", " ", ".", "..", None])
def test_what_would_climb_a_path_is_no_name(name: object) -> None:
    """`DELETE /reports/` must not come of an empty name."""
    with pytest.raises(ConfigurationError, match="names nothing"):
        segment(name)  # type: ignore[arg-type]  # callers without types exist
    assert segment("a/b?c") == "a%2Fb%3Fc"
