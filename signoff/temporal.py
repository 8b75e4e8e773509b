"""Reaching Temporal: connection, data converter, search attributes."""

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any, Final

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.errordetails.v1 import NamespaceNotFoundFailure
from temporalio.api.failure.v1 import Failure
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.common import SearchAttributeKey
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes, ExternalStorage
from temporalio.envconfig import ClientConfig
from temporalio.runtime import Runtime
from temporalio.service import RPCError, RPCStatusCode

from signoff.codec import EncryptionCodec
from signoff.domain import names
from signoff.domain.errors import NoSuchJobError, SettingsError, SignoffError, UnreachableError
from signoff.encryption import KeyRing

DEFAULT_ADDRESS: Final = "127.0.0.1:7233"
RPC_TIMEOUT: Final = timedelta(seconds=10)
_TYPES: Final = {
    "Keyword": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    "KeywordList": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD_LIST,
    "Datetime": IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
}
_KEYS: Final[dict[str, Callable[[str], SearchAttributeKey[Any]]]] = {
    "Keyword": SearchAttributeKey.for_keyword,
    "KeywordList": SearchAttributeKey.for_keyword_list,
    "Datetime": SearchAttributeKey.for_datetime,
}
_SILENT: Final = frozenset({RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED})


async def connect(
    address: str | None = None,
    runtime: Runtime | None = None,
    encryption: KeyRing | None = None,
    storage: ExternalStorage | None = None,
    *,
    is_lazy: bool = False,
) -> Client:
    """Connect as Temporal's variables and profiles say, else to a local server.

    Args:
        address: Goes before everything else, for a stack whose address is known.
        runtime: Where the SDK counts what this client and its workers do.
        encryption: What jobs are encrypted with; without it nothing is, and nothing encrypted can be read.
        storage: Where large requests lie, as `signoff.external.external_storage` makes it; without it none can be
            submitted, and none can be read.
        is_lazy: Reach the server with the first call only, for what the archive may answer without it.

    Raises:
        SettingsError: Temporal's variables, its profile or the address can't be used.
        UnreachableError: No server answers there.
    """
    try:
        config = ClientConfig.load_client_connect_config()
    except (RuntimeError, OSError) as error:  # OSError: a certificate that is not there
        raise SettingsError(f"Temporal's own settings (TEMPORAL_*, its profiles) can't be read: {error}") from error
    config["target_host"] = target = address or config.get("target_host") or DEFAULT_ADDRESS
    try:
        converter = data_converter(encryption, storage)
        return await Client.connect(**config, data_converter=converter, runtime=runtime, lazy=is_lazy)
    except ValueError as error:
        raise SettingsError(f"{target} is no address of a Temporal server: {error}") from error
    except (RPCError, RuntimeError) as error:
        msg = f"no Temporal server answers at {target}; start one with `signoff up`, or set TEMPORAL_ADDRESS"
        raise UnreachableError(msg) from error


def data_converter(encryption: KeyRing | None = None, storage: ExternalStorage | None = None) -> DataConverter:
    """Make what turns values into payloads, encrypted where there is a key. Texts of failures are encrypted too.

    What is too large for a history goes to the storage, where there is one, and is encrypted before.
    """
    ring = encryption or KeyRing({})
    made = dataclasses.replace(pydantic_data_converter, payload_codec=EncryptionCodec(ring), external_storage=storage)
    if not ring:
        return made
    return dataclasses.replace(made, failure_converter_class=DefaultFailureConverterWithEncodedAttributes)


async def text_of(client: Client, failure: Failure) -> str:
    """Read the text of a failure that is not raised here, encrypted or not.

    Raises:
        SettingsError: It is encrypted, and the key is not here.
    """
    if not failure.HasField("encoded_attributes"):
        return failure.message
    [told] = await client.data_converter.decode([failure.encoded_attributes])
    return str(told.get("message", "")) if isinstance(told, dict) else ""


def attribute_key(name: str) -> SearchAttributeKey[Any]:
    """Give the typed key of one of the product's search attributes."""
    return _KEYS[names.SEARCH_ATTRIBUTES[name]](name)


def is_about_namespace(error: RPCError) -> bool:
    """Whether a call failed because the namespace does not exist, rather than the job."""
    return any(detail.Is(NamespaceNotFoundFailure.DESCRIPTOR) for detail in error.grpc_status.details)


def is_silence(error: RPCError) -> bool:
    """Whether a call failed because nobody answered, rather than by an answer."""
    return error.status in _SILENT


def translated(error: RPCError, what: str, when_silent: str) -> SignoffError:
    """Say what a failed call means to whoever made it, and what to do."""
    if error.status is RPCStatusCode.NOT_FOUND and is_about_namespace(error):
        return UnreachableError(f"Temporal has no such namespace: {error.message}; set TEMPORAL_NAMESPACE")
    if error.status is RPCStatusCode.NOT_FOUND:
        return NoSuchJobError(f"there is no job {what}; `signoff list` shows those that exist")
    if error.status is RPCStatusCode.RESOURCE_EXHAUSTED:
        return UnreachableError(f"Temporal takes no more calls about {what} now ({error.message}); {when_silent}")
    if is_silence(error) or error.status is RPCStatusCode.FAILED_PRECONDITION:
        nobody = f"nobody answered about {what} ({error.message}); is a worker running? `signoff up` starts one"
        return UnreachableError(f"{nobody}; {when_silent}")
    return SignoffError(f"Temporal refused the call about {what}: {error.message}")


async def missing_search_attributes(client: Client) -> Sequence[str]:
    """List the search attributes that jobs need and the namespace lacks."""
    request = ListSearchAttributesRequest(namespace=client.namespace)
    found = await client.operator_service.list_search_attributes(request, timeout=RPC_TIMEOUT)
    return [name for name in names.SEARCH_ATTRIBUTES if name not in found.custom_attributes]


async def add_search_attributes(client: Client) -> Sequence[str]:
    """Register what is missing, and list it. Calling it again changes nothing."""
    missing = await missing_search_attributes(client)
    if missing:
        await register(client, missing)
    return missing


async def register(client: Client, attributes: Iterable[str]) -> None:
    """Register search attributes that the namespace lacks."""
    wanted = {name: _TYPES[names.SEARCH_ATTRIBUTES[name]] for name in attributes}
    request = AddSearchAttributesRequest(namespace=client.namespace, search_attributes=wanted)
    await client.operator_service.add_search_attributes(request, timeout=RPC_TIMEOUT)
