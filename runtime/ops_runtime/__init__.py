"""The program on the machine. It imports nothing of the portal and believes nothing that it did not check."""

__version__ = "0.1.0"
