"""The tenants of a server, each with a register, an index, a ledger and reviews of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from langchain_core.language_models import BaseChatModel

from ..errors import AccessDenied, UnreadableStore
from ..graphs.sanitize import Sanitizer
from ..schema import Policy, Role
from ..stores.access_keys import DEFAULT_TENANT, AccessKeys, tenant_folder
from ..stores.reviews import Reviews
from ..stores.targets import TargetStore

_HOW = "Send it as `Authorization: Bearer exp_…`; `expunge keys create` makes one."


@dataclass(frozen=True)
class Tenant:
    """All that belongs to one tenant. Threads may share it."""

    name: str
    """Its name; "default" for the one whose register lies in the server's folder itself."""

    store: TargetStore
    """Its register, with its index and its ledger."""

    sanitizer: Sanitizer
    """What stands between a model and its callers."""

    reviews: Reviews
    """Its cases that wait for a person."""

    def close(self) -> None:
        """Close its files."""
        self.reviews.close()
        self.store.close()


class Caller(NamedTuple):
    """Who calls."""

    tenant: Tenant
    """For whom."""

    admin: bool
    """Whether the caller may see and change the tenant's targets and reviews."""

    who: str
    """Under which name changes are recorded: the key's label, else its id."""


class _Identity(NamedTuple):
    tenant: str
    admin: bool
    who: str


# Before the first key is made: whoever sits at the machine.
_LOCAL = _Identity(DEFAULT_TENANT, admin=True, who="local")


class Tenants:
    """The tenants of a server, by their keys.

    As long as no key was ever made, everyone is the administrator of the tenant "default"; who may reach the server
    then is the business of `serving.access`. Threads may share it.

    Args:
        folder: The server's folder, with the register of the tenant "default"; a missing one is made.
        policy: Limits and sides for all tenants; `None`: the defaults, with each register's own thresholds.
        agent_models: The agents' models, for all tenants; none: agents work by rules.

    Raises:
        WrongKey: When the key does not open the register, or there is none.
        UnreadableStore: When the register or the file of keys is damaged, or may not be read.
        NewerStore: When a newer version of expunge wrote one of them.
    """

    def __init__(
        self,
        folder: Path,
        *,
        policy: Policy | None = None,
        agent_models: Mapping[Role, BaseChatModel] | None = None,
    ) -> None:
        self._folder = folder
        self._policy = policy
        self._agent_models = agent_models
        with TargetStore(folder) as register:
            self._access = AccessKeys(register)
        self._tenants: dict[str, Tenant] = {}
        self._opening: dict[str, Lock] = {}

    @property
    def ask_models(self) -> bool:
        """Whether agents have models, for which a check may have to wait."""
        return bool(self._agent_models)

    @property
    def has_keys(self) -> bool:
        """Whether a key was ever made; one that was revoked counts, so that revoking all opens nothing."""
        return bool(self._access)

    def authenticate(self, key: str | None) -> Caller:
        """Return who calls with a key. Takes seconds when the tenant has yet to be opened, else microseconds.

        Raises:
            AccessDenied: When a key is needed and there is none, or it is not known, or it was revoked.
            StoreError: When the tenant's register cannot be opened.
            PrerequisiteError: When the embedding model is missing.
        """
        name, admin, who = self._identify(key)
        return Caller(self.open(name), admin, who)

    def recognise(self, key: str | None) -> Caller | None:
        """Do the same, always in microseconds; `None` when the tenant has yet to be opened.

        Raises:
            AccessDenied: As `authenticate` does.
        """
        name, admin, who = self._identify(key)
        tenant = self._tenants.get(name)
        return Caller(tenant, admin, who) if tenant else None

    def open(self, name: str = DEFAULT_TENANT) -> Tenant:
        """Open a tenant, so that nobody has to wait for it. Takes seconds.

        Raises:
            StoreError: When its register cannot be opened.
            PrerequisiteError: When the embedding model is missing.
        """
        return self._tenants.get(name) or self._open(name)

    def close(self) -> None:
        """Close all tenants."""
        while self._tenants:
            self._tenants.popitem()[1].close()
        self._access.close()

    def _identify(self, key: str | None) -> _Identity:
        if not self._access:
            return _LOCAL
        if key is None:
            raise AccessDenied("No key was given.", fix=_HOW)
        found = self._access.find(key)
        if found is None:
            raise AccessDenied("The key is not known, or it was revoked.", fix=_HOW)
        return _Identity(found.tenant, found.admin, found.label or found.id)

    def _open(self, name: str) -> Tenant:
        """Open a tenant, once; one that takes its time holds up nobody else's."""
        with self._opening.setdefault(name, Lock()):
            if name not in self._tenants:
                self._tenants[name] = self._opened(name)
            return self._tenants[name]

    def _opened(self, name: str) -> Tenant:
        folder = tenant_folder(self._folder, name)
        if not (folder / "register.db").exists():
            # A new one would be empty, and would let everything through.
            raise UnreadableStore(
                f"The register of the tenant {name!r} is missing.", fix="Restore its folder, or revoke its keys."
            )
        store = TargetStore(folder)
        try:
            sanitizer = Sanitizer(store, policy=self._policy, agent_models=self._agent_models)
            return Tenant(name, store, sanitizer, Reviews(folder / "reviews.db", store.keys))
        except BaseException:
            store.close()
            raise
