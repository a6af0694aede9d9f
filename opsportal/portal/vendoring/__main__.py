"""Fetch what static/vendor/ holds: ``python -m opsportal.portal.vendoring`` (needs npm; for developers only)."""

import sys
from pathlib import Path

from opsportal.portal.vendoring.fetch import PLAN, VendorError, plan_read, vendor_all

TARGET = Path(__file__).resolve().parents[3] / "static" / "vendor"

try:
    lock = vendor_all(plan_read(PLAN), target=TARGET)
except VendorError as error:
    sys.exit(f"vendor: {error}")
for package in lock["packages"]:
    total = sum(file["bytes"] for file in package["files"].values())
    sys.stdout.write(f"{package['name']} {package['version']} ({package['licence']}): {total / 1024:.1f} KB\n")
