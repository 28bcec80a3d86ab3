"""Configuration from the environment, each variable with the prefix `EXPUNGE_`."""

import os
from functools import cache
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What the environment says; arguments of the API win over it."""

    model_config = SettingsConfigDict(env_prefix="EXPUNGE_", frozen=True)

    key: SecretStr | None = None
    """The register's secret, any text of 16 characters or more; `None`: a key file beside the register."""

    store: Path = Path("expunge-store")
    """The folder of the register that the command line uses."""

    embeddings: str = "all-MiniLM-L6-v2"
    """The embedding model: the default runs embedded by ONNX Runtime; or `openai:…` and the like."""

    chroma_url: str | None = None
    """A Chroma server, for example `http://localhost:8000`; `None`: an index embedded in the register's folder."""

    cache: Path = Field(default_factory=lambda: Path.home() / ".cache" / "expunge")
    """Where exported models are kept."""

    data: Path = Path("../shared/data")
    """Public benchmark data, for `expunge eval` and the tests that measure."""

    upstream_key: SecretStr | None = None
    """What the server asks its upstream with; `None`: no key."""


@cache
def settings() -> Settings:
    """Return the settings of this process, read once."""
    return Settings()


def upstream_key(name: str) -> SecretStr | None:
    """Return what the server asks an upstream with: `EXPUNGE_UPSTREAM_KEY_NAME`, or without a name `upstream_key`."""
    if not name:
        return settings().upstream_key
    key = os.environ.get(variable_of(name))
    return SecretStr(key) if key else None


def variable_of(name: str) -> str:
    """Return the variable with the key of an upstream that has a name: in capitals, with `_` for `-`."""
    return f"EXPUNGE_UPSTREAM_KEY_{name.upper().replace('-', '_')}"
