"""The typed readers of the environment."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from opsportal.core.env import env_bool, env_int, env_secret, env_url, secret_from_file_or_new


@pytest.mark.spec("L36")
def test_a_bad_number_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTIC_INTERVAL_SEC", "soon")
    with pytest.raises(ImproperlyConfigured, match="AGENTIC_INTERVAL_SEC must be a whole number"):
        env_int("AGENTIC_INTERVAL_SEC", 300, minimum=5, maximum=86_400)


def test_a_number_out_of_range_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("N", "4")
    with pytest.raises(ImproperlyConfigured, match="between 5 and 9"):
        env_int("N", 6, minimum=5, maximum=9)


def test_a_bad_switch_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWITCH", "maybe")
    with pytest.raises(ImproperlyConfigured, match="SWITCH must be true or false"):
        env_bool("SWITCH", False)


def test_an_address_loses_its_slash_and_must_be_http(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BASE", "http://10.0.0.1:80/")
    assert env_url("BASE") == "http://10.0.0.1:80"
    monkeypatch.setenv("BASE", "file:///etc/passwd")
    with pytest.raises(ImproperlyConfigured, match="BASE"):
        env_url("BASE")


def test_a_secret_comes_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("s3cret\n")
    monkeypatch.setenv("KEY_FILE", str(tmp_path / "key"))
    assert env_secret("KEY") == "s3cret"


def test_a_generated_secret_stays_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "a.key"
    first = secret_from_file_or_new(path)
    assert secret_from_file_or_new(path) == first
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["a.key"]
