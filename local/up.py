"""`make up`: a running local cloud with this project in it, shown to work."""

import secrets
import sys
from collections.abc import Mapping

import requests

from local import cloud, deploy
from local.demo import show
from local.environment import parameters, read_settings
from local.errors import LocalCloudError
from local.progress import step
from local.state import Stack, State


def main() -> int:
    """Start or update the local cloud, do the main job once, say how to go on."""
    state = State()
    try:
        settings = read_settings()
        with state.lock():
            stack = bring_up(state, settings)
        show(stack, settings)
    except LocalCloudError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


def bring_up(state: State, settings: Mapping[str, str]) -> Stack:
    """Start what does not run yet and deploy what changed. Raises LocalCloudError."""
    had_stack = state.service(cloud.CLOUD) is not None
    with step("Starting the local cloud"):
        port, is_new = cloud.ensure_cloud(state)
        simulator = _ensure_buildium(state, settings)
    if is_new and had_stack:
        print(
            "  (It had stopped or was of another version. It starts empty: nothing is kept over a restart.)"
        )
    endpoint = f"http://127.0.0.1:{port}"
    effective = _effective(state, settings, simulator)
    with step("Building with sam build"):
        deploy.build(state)
    with step("Deploying with sam deploy"):
        outputs = deploy.deploy(state, endpoint, parameters(effective))
    stack = Stack(
        api_url=f"{endpoint}/_aws/execute-api/{outputs['ApiId']}/{outputs['ApiStage']}",
        api_key=deploy.api_key(endpoint, outputs["ApiKeyId"]),
        webhook_secret=effective.get("BUILDIUM_WEBHOOK_SECRET", ""),
        endpoint=endpoint,
        buildium_url=parameters(effective)["BuildiumBaseUrl"],
        simulator_url=simulator,
        outputs=outputs,
    )
    state.write_stack(stack)
    if simulator:
        _send_webhooks_to(stack, simulator)
    return stack


def _ensure_buildium(state: State, settings: Mapping[str, str]) -> str | None:
    if "BUILDIUM_BASE_URL" in settings:
        cloud.stop_service(state, cloud.SIMULATOR)
        return None
    return cloud.ensure_simulator(state)


def _effective(state: State, settings: Mapping[str, str], simulator: str | None) -> dict[str, str]:
    """The settings as deployed: with the simulator's address and credentials where there is one."""
    if simulator is None:
        return dict(settings)
    return {
        "BUILDIUM_WEBHOOK_SECRET": state.value("webhook_secret", secrets.token_urlsafe(24)),
        **settings,
        "BUILDIUM_BASE_URL": f"{simulator}/v1",
        "BUILDIUM_CLIENT_ID": cloud.SIMULATOR_CLIENT_ID,
        "BUILDIUM_API_KEY": cloud.SIMULATOR_API_KEY,
    }


def _send_webhooks_to(stack: Stack, simulator: str) -> None:
    session = requests.Session()
    session.trust_env = False
    answer = session.put(
        f"{simulator}/_control/webhooks",
        json={"url": f"{stack.api_url}/api/webhooks/buildium", "secret": stack.webhook_secret},
        timeout=10,
    )
    if not answer.ok:
        raise LocalCloudError(f"The simulator refuses the webhook's address: {answer.status_code}.")


if __name__ == "__main__":
    sys.exit(main())
