"""Checks the settings of a custom domain, which AWS would reject only minutes later."""

from collections.abc import Mapping

from tools.local_cloud.aws_account import Target
from tools.local_cloud.errors import LocalCloudError


def check_domain(settings: Mapping[str, str], target: Target) -> None:
    """Raise LocalCloudError if a new domain has no certificate, or if the certificate is in another region."""
    certificate = settings.get("API_CERTIFICATE_ARN")
    has_domain = "ApiDomainTarget" in target.outputs
    if "API_DOMAIN_NAME" in settings and not certificate and not has_domain:
        raise LocalCloudError("API_DOMAIN_NAME needs API_CERTIFICATE_ARN, a certificate of AWS Certificate Manager.")
    region = certificate.split(":")[3] if certificate else target.region
    if region != target.region:
        raise LocalCloudError(f"API_CERTIFICATE_ARN is in {region}, but must be in {target.region}, as the stack is.")
