"""Starts the AWS emulator behind the check of `loopback_only`. It runs in the emulator's environment."""

from ministack import app as emulator

from tools.local_cloud.loopback_only import LoopbackOnly
from tools.local_cloud.secure_transport import SecureTransport

if __name__ == "__main__":
    emulator.app = LoopbackOnly(SecureTransport(emulator.app))
    emulator.main()
