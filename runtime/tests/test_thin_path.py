"""From the enrolment to a deletion that people agreed to."""

from lab import Lab


def test_a_file_is_deleted_by_a_sealed_plan_and_lies_in_the_trash(lab: Lab) -> None:
    (lab.root / "old.txt").write_text("old")
    (lab.root / "kept.txt").write_text("kept")
    order = lab.sealed("files.delete", paths=["old.txt"])
    assert lab.tree() == {"kept.txt": b"kept", "old.txt": b"old"}
    done = lab.do(order)
    assert (done["status"], done["code"], done["exit_code"]) == ("executed", "", 0)
    assert done["result"]["applied_count"] == 1
    assert lab.tree() == {"kept.txt": b"kept"}
    (slot,) = done["result"]["trash"]
    assert slot in lab.command("trash", "list").stdout
    assert lab.command("trash", "restore", slot).returncode == 0
    assert lab.tree() == {"kept.txt": b"kept", "old.txt": b"old"}
    assert lab.portal.jobs[order["job"]].output == "delete old.txt (1 of 1)\n"
    assert lab.portal.signature_errors == []


def test_the_journal_arrives_at_the_portal_and_verifies(lab: Lab) -> None:
    (lab.root / "a").write_text("a")
    lab.effect("files.delete", paths=["a"])
    verified = lab.command("journal", "verify")
    assert verified.returncode == 0
    assert verified.stdout.startswith(f"{len(lab.portal.journal)} lines")


def test_status_is_well_after_a_round_and_not_before(lab: Lab) -> None:
    assert lab.command("status", "--json").returncode == 1
    assert lab.command("run", "--once").returncode == 0
    done = lab.command("status")
    assert done.returncode == 0
    assert done.stdout.startswith("well")
