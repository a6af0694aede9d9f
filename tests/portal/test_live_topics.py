"""The tables of all apps, put together."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from ledger.kinds import Kind
from opsportal.core.topics import Topic
from opsportal.institutions.access import Permission
from opsportal.portal.live.topics import topics_compose, topics_of_apps

FINDINGS = Topic("findings", Permission.OPS_READ)


def test_every_app_adds_its_kinds() -> None:
    topics = topics_of_apps()
    assert topics["FINDING_OPENED"].name == "findings"
    assert topics["MESSAGE_POSTED"].name == "inbox"
    assert topics["TICK_COMPLETED"].name == "scenarios"
    assert set(topics) <= {kind.value for kind in Kind}


def test_two_apps_cannot_claim_one_kind() -> None:
    with pytest.raises(ImproperlyConfigured, match="FINDING_OPENED"):
        topics_compose([{Kind.FINDING_OPENED: FINDINGS}, {Kind.FINDING_OPENED: FINDINGS}])


def test_a_topic_needs_a_permission_that_exists() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"ops\.raed"):
        topics_compose([{Kind.FINDING_OPENED: Topic("findings", "ops.raed")}])
