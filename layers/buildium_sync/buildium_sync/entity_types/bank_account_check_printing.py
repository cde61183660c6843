"""The check printing options of a bank account. They are not modelled, but every PUT requires them."""

from buildium_sync.domain.json_types import Payload

_REQUIRED: Payload = {
    "EnableRemoteCheckPrinting": False,
    "EnableLocalCheckPrinting": False,
    "CheckLayoutType": "Voucher2StubsPrePrintedLayout",
}
"""Written if Buildium shows nothing: no printing, with Buildium's default layout."""

_LINES = tuple(f"{kind}InformationLine{number}" for kind in ("Bank", "Company") for number in range(1, 6))
_TEXTS = ("SignatureHeading", "FractionalNumber", *_LINES)


def write(shown: Payload | None) -> Payload:
    """Return a CheckPrintingInfoPutMessage with the content of the CheckPrintingInfoMessage `shown`."""
    info = shown or {}
    required = {name: default if info.get(name) is None else info[name] for name, default in _REQUIRED.items()}
    return {**required, **{name: info.get(name) for name in _TEXTS}}
