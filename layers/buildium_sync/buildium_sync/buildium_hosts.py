"""The hosts of Buildium's API. An account belongs to one of them."""

LIVE_HOST = "api.buildium.com"
SANDBOX_HOST = "apisandbox.buildium.com"
