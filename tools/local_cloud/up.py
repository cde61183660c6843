"""`make up`: starts a local cloud, deploys this project and runs the main use case."""

import secrets
import sys
from collections.abc import Mapping

from tools.lambda_runtime.container_variables import write_variables
from tools.local_cloud import deploy_local
from tools.local_cloud.connection import show_problems
from tools.local_cloud.environment import parameters, read_settings
from tools.local_cloud.errors import LocalCloudError
from tools.local_cloud.http import session
from tools.local_cloud.progress import step
from tools.local_cloud.servers import SIMULATOR_API_KEY, SIMULATOR_CLIENT_ID, ensure_servers
from tools.local_cloud.smoke_test import show
from tools.local_cloud.state import Stack, State
from tools.local_cloud.template import api_stage

_DEFAULTS = {"API_MAX_CONCURRENCY": "100", "APPLICATION_KEY_CAN_OPERATE": "true"}
"""Settings of a local cloud that differ from the template's defaults. It has no quota that requests could use up."""
SIMULATED_PAGES = {
    "BUILDIUM_APP_URL": "https://buildium.example",
    "BUILDIUM_PAGE_PATHS": ",".join(
        f"{entity_type}=/manager/app/{pages}/{{id}}"
        for entity_type, pages in (
            ("property", "properties"),
            ("owner", "owners"),
            ("vendor", "vendors"),
            ("bill", "bills"),
            ("tenant", "tenants"),
        )
    ),
}
"""Links for every entity type. The simulator has no pages: the host cannot exist, and the paths are made up."""


def main() -> int:
    """Start or update the local cloud, run the main use case once, and print the next steps."""
    state = State()
    try:
        settings = read_settings()
        with state.lock():
            stack = bring_up(state, settings)
        show(stack, settings)
        if stack.simulator_url is None:
            show_problems(stack.api_url, stack.api_key)
    except LocalCloudError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. `make up` continues from here; `make down` stops everything.", file=sys.stderr)
        return 130
    return 0


def bring_up(state: State, settings: Mapping[str, str]) -> Stack:
    """Start the servers that are not running, and deploy. Raises LocalCloudError."""
    was_up = state.has_stack()
    with step("Starting the local cloud"):
        servers = ensure_servers(state, settings.get("BUILDIUM_BASE_URL"))
    if servers.are_new and was_up:
        print("  It starts empty: no data is kept after a stop, a new version or a change of the Buildium account.")
    effective = _DEFAULTS | _deployed_settings(state, settings, servers.simulator_url)
    with step("Building with sam build"):
        deploy_local.build(state)
    with step("Deploying with sam deploy"):
        outputs = deploy_local.deploy(state, servers.endpoint, parameters(effective))
    resources = deploy_local.resources(servers.endpoint)
    stack = Stack(
        api_url=f"{servers.endpoint}/_aws/execute-api/{resources['Api']}/{api_stage()}",
        api_key=deploy_local.api_key(servers.endpoint, outputs["ApiKeyId"]),
        webhook_secret=effective.get("BUILDIUM_WEBHOOK_SECRET", ""),
        endpoint=servers.endpoint,
        buildium_url=parameters(effective)["BuildiumBaseUrl"],
        simulator_url=servers.simulator_url,
        outputs=outputs,
        resources=resources,
    )
    state.write_stack(stack)
    write_variables(state)
    if servers.simulator_url:
        _send_webhooks_to(stack, servers.simulator_url)
    return stack


def _deployed_settings(state: State, settings: Mapping[str, str], simulator: str | None) -> dict[str, str]:
    """Return the settings to deploy, with the simulator's address and credentials if it is used."""
    if simulator is None:
        return dict(settings)
    return {
        "BUILDIUM_WEBHOOK_SECRET": state.value("webhook_secret", secrets.token_urlsafe(24)),
        **SIMULATED_PAGES,
        **settings,
        "BUILDIUM_BASE_URL": f"{simulator}/v1",
        "BUILDIUM_CLIENT_ID": SIMULATOR_CLIENT_ID,
        "BUILDIUM_API_KEY": SIMULATOR_API_KEY,
    }


def _send_webhooks_to(stack: Stack, simulator: str) -> None:
    response = session().put(
        f"{simulator}/_control/webhooks",
        json={"url": f"{stack.api_url}/api/webhooks/buildium", "secret": stack.webhook_secret},
        timeout=10,
    )
    if not response.ok:
        raise LocalCloudError(f"The simulator rejected the webhook URL: {response.status_code}.")


if __name__ == "__main__":
    sys.exit(main())
