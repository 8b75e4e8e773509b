"""Secrets are named in requests, and their values known to the deployment alone."""

import pytest
from pydantic import SecretStr

from signoff.adapters.secrets import DeliverySecrets
from signoff.domain.classifier import classify
from signoff.domain.errors import FaultError
from signoff.domain.failures import FailureClass


def parsed(*entries: str) -> DeliverySecrets:
    return DeliverySecrets.parse([SecretStr(entry) for entry in entries])


def test_a_value_may_hold_the_sign_that_ends_the_name() -> None:
    assert parsed("erp=whsec_YWJj==", "crm.v2=token").named("erp") == "whsec_YWJj=="


@pytest.mark.parametrize(
    ("entries", "told"),
    [
        (["the-value-alone"], "entry 1 does not begin with a name"),
        (["erp=1", "=secret-value"], "entry 2 does not begin with a name"),
        (["ERP=secret-value"], "a name has 1 to 64 of a-z"),
        (["a" * 65 + "=secret-value"], "a name has 1 to 64"),
        (["erp="], "erp has no value"),
        (["erp=secret-value", "erp=other"], "two entries have the name erp"),
    ],
)
def test_an_entry_that_cannot_be_used_is_named_without_its_value(entries: list[str], told: str) -> None:
    with pytest.raises(ValueError, match=told) as raised:
        parsed(*entries)
    assert "value" not in str(raised.value).removesuffix("has no value")


@pytest.mark.parametrize(("entries", "has"), [([], "it is not set"), (["crm=secret-value"], "it has crm")])
def test_a_secret_that_is_missing_is_for_an_operator(entries: list[str], has: str) -> None:
    with pytest.raises(FaultError, match=has) as raised:
        parsed(*entries).named("erp")
    assert classify(raised.value.seen) is FailureClass.CONFIGURATION
    assert "secret-value" not in str(raised.value)


def test_its_values_show_nowhere() -> None:
    assert repr(parsed("erp=secret-value")) == "DeliverySecrets(erp)"
