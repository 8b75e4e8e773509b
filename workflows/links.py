"""Where people reach the gateway, for the links in what Temporal UI shows of a job.

It is a setting of the worker, which workflow code must not read: a replay elsewhere may find another value. Here it
does no harm, since current details are told on request and are in no history.
"""

from typing import Final

from temporalio import workflow
from temporalio.worker import Interceptor, WorkflowInboundInterceptor, WorkflowInterceptorClassInput

_NAME: Final = "signoff_public_url"


class GatewayLinks(Interceptor):
    """Tells the workflows of a worker the gateway's address."""

    def __init__(self, public_url: str) -> None:
        """Keep the address; empty where no gateway is known."""
        self._public_url = public_url

    def workflow_interceptor_class(
        self,
        input: WorkflowInterceptorClassInput,  # noqa: A002  the SDK's name
    ) -> type[WorkflowInboundInterceptor] | None:
        """Intercept nothing; what is given to workflows besides is what this is for."""
        input.unsafe_extern_functions[_NAME] = lambda: self._public_url
        return None


def public_url() -> str:
    """Give the gateway's address as the worker at hand has it; empty where it has none."""
    told = workflow.extern_functions().get(_NAME)
    return str(told()) if told else ""
