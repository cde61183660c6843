"""`make deploy`: builds and deploys to AWS, as samconfig.toml says."""

import subprocess
import sys

from local.deploy import remove_compiled_files, write_parameters
from local.environment import read_settings, setting_names
from local.errors import LocalCloudError
from local.paths import ROOT, SAM

_DIRECTORY = ROOT / ".aws-sam"


def main() -> int:
    """Build for Lambda and deploy. A setting that is not given keeps the value of the last deployment."""
    try:
        settings = read_settings()
    except LocalCloudError as error:
        print(error, file=sys.stderr)
        return 1
    remove_compiled_files()
    if built := subprocess.run([str(SAM), "build"], cwd=ROOT, check=False).returncode:
        return built
    names = setting_names()
    values = write_parameters(_DIRECTORY, {names[name]: value for name, value in settings.items()})
    try:
        overrides = ["--parameter-overrides", f"file://{values}"] if settings else []
        return subprocess.run([str(SAM), "deploy", *overrides], cwd=ROOT, check=False).returncode
    finally:
        values.unlink()


if __name__ == "__main__":
    sys.exit(main())
