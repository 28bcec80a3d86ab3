"""`expunge keys`: who may use the server."""

from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from ..errors import InputError
from .console import listing, note, out, print_json, visible
from .options import JsonOption, StoreOption, open_store, store_path

if TYPE_CHECKING:
    from ..stores.access_keys import AccessKey

app = typer.Typer()


@app.command(epilog="Example: expunge keys create --tenant acme --label 'web shop'")
def create(
    tenant: Annotated[
        str, typer.Option(metavar="NAME", help="Whose key it is: a-z, 0-9 and -; a new name makes a new tenant.")
    ] = "default",
    admin: Annotated[
        bool, typer.Option("--admin", help="It may also see and change the tenant's targets and reviews.")
    ] = False,
    label: Annotated[
        str, typer.Option(metavar="TEXT", help="What it is for; its changes of targets are recorded under this name.")
    ] = "",
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Make a key for the server, and print it: this once, for only a digest is kept.

    A key is sent as `Authorization: Bearer exp_…`, or as `x-api-key`. Without --admin it is for asking: chat
    completions, checks, the guardrail. With the first key the server stops answering anyone who has none.

    Each tenant has a register, an index and a ledger of its own, and sees no other's. The tenant "default" is the
    register in the folder itself; any other lies in tenants/NAME beneath it, and is a register as any: `expunge targets
    add --store DIR/tenants/NAME`.
    """
    from ..stores.access_keys import AccessKeys, tenant_folder
    from ..stores.opening import is_register
    from ..stores.targets import TargetStore

    own = store_path(store).resolve()
    if own.parent.name == "tenants" and is_register(own.parent.parent):
        fix = f"Give --store {own.parent.parent} --tenant {own.name}."
        raise InputError(f"{str(own)!r} is the register of one tenant; keys are kept by the server's folder.", fix=fix)
    folder = tenant_folder(store_path(store), tenant)
    with open_store(store, create=True) as register, closing(AccessKeys(register)) as keys:
        TargetStore(folder).close()
        secret, key = keys.create(tenant, admin=admin, label=label)
    if json:
        print_json({"key": secret, **key.model_dump(mode="json")})
        return
    out.print(secret, soft_wrap=True)
    note(f"This is {key.id} of the tenant {key.tenant!r}. It is not shown again.")


@app.command("list", epilog="Example: expunge keys list --json | jq -r '.[] | select(.admin) | .id'")
def list_(store: StoreOption = None, json: JsonOption = False) -> None:
    """List the keys, the revoked ones too, in the order of their making.

    The keys themselves are not shown: only digests of them are kept.
    """
    from ..stores.access_keys import AccessKeys

    with open_store(store) as register, closing(AccessKeys(register)) as access:
        keys = list(access)
    if json:
        print_json(keys)
    else:
        out.print(_table(keys) if keys else "There are no keys: the server answers its own machine alone.")


@app.command(epilog="Example: expunge keys revoke key_0123456789abcdef")
def revoke(
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Ids, as `keys list` shows them.")],
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Take keys out of force for good, at once also for a server that is running.

    A key that was revoked before stays as it is. When one of the ids is not known, the keys before it are revoked.
    """
    from ..stores.access_keys import AccessKeys

    with open_store(store) as register, closing(AccessKeys(register)) as access:
        revoked = [access.revoke(key_id) for key_id in dict.fromkeys(ids)]
    if json:
        print_json(revoked)
        return
    for key in revoked:
        note(f"Revoked {key.id} of the tenant {key.tenant!r}.")


def _table(keys: "list[AccessKey]") -> Table:
    table = listing("id", "tenant", "for", "label", "created", "revoked", fold=["tenant", "label"])
    for key in keys:
        revoked = "" if key.revoked_at is None else f"{key.revoked_at:%Y-%m-%d}"
        use = "admin" if key.admin else "asking"
        table.add_row(key.id, key.tenant, use, visible(key.label), f"{key.created_at:%Y-%m-%d}", revoked)
    return table
