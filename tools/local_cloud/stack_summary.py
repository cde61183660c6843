"""What a deployment prints at its end: the addresses of the stack, and how to get its API key."""

from collections.abc import Mapping

_ADDRESSES = {"ConsoleUrl": "Console", "DocsUrl": "API documentation", "WebhookUrl": "Webhook"}


def summary(outputs: Mapping[str, str], settings: Mapping[str, str], *, is_new: bool) -> list[str]:
    """Return the lines of the summary. `settings` are those of this deployment; a stack that is not new has others."""
    lines = [f"{label + ':':20}{outputs[name]}" for name, label in _ADDRESSES.items() if name in outputs]
    if "ApiKeyId" in outputs:
        command = f"aws apigateway get-api-key --api-key {outputs['ApiKeyId']} --include-value"
        lines += [
            "The API key of the application, which also signs in to the console:",
            f"    {command} --query value --output text",
        ]
    if is_new and not settings.get("BUILDIUM_WEBHOOK_SECRET"):
        lines.append(
            "Webhooks are rejected until BUILDIUM_WEBHOOK_SECRET is set: docs/operations/going-live.md, step 5"
        )
    return lines
