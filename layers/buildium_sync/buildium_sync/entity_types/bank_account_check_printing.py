"""How a bank account's checks are printed: no field of ours, but every PUT of an account has to say it."""

from buildium_sync.domain.entity_type import Payload

_REQUIRED: Payload = {
    "EnableRemoteCheckPrinting": False,
    "EnableLocalCheckPrinting": False,
    "CheckLayoutType": "Voucher2StubsPrePrintedLayout",
}
"""What is written where Buildium shows nothing: no printing, with the layout that it takes by default itself."""

_LINES = tuple(f"{kind}InformationLine{number}" for kind in ("Bank", "Company") for number in range(1, 6))
_TEXTS = ("SignatureHeading", "FractionalNumber", *_LINES)


def write(shown: Payload | None) -> Payload:
    """Return a CheckPrintingInfoPutMessage that says what the CheckPrintingInfoMessage `shown` says."""
    info = shown or {}
    required = {name: default if info.get(name) is None else info[name] for name, default in _REQUIRED.items()}
    return {**required, **{name: info.get(name) for name in _TEXTS}}
