"""Django's own questions about permission."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template import Context, Template

from opsportal.institutions.access import MATRIX, Permission, Role
from opsportal.institutions.auth_backend import READ_BY_APP, MembershipBackend
from opsportal.institutions.current import access_opened
from opsportal.institutions.models import Institution
from opsportal.institutions.personal_field import PersonalField
from tests.institutions.factories import member_make


@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.NOC, Role.OWNER, Role.AUDITOR])
def test_has_perm_says_what_the_matrix_says(home: Institution, role: Role) -> None:
    access = member_make(home, role)
    with access_opened(access):
        assert {verb for verb in Permission if access.user.has_perm(verb)} == {
            verb for verb in Permission if role in MATRIX[verb]
        }
        for app, verb in READ_BY_APP.items():
            assert access.user.has_perm(f"{app}.view_thing") == (role in MATRIX[verb])
            assert access.user.has_module_perms(app) == (role in MATRIX[verb])


def test_nothing_is_added_changed_or_deleted_by_it(home: Institution) -> None:
    access = member_make(home, *Role)
    with access_opened(access):
        for action in ("add", "change", "delete"):
            assert not access.user.has_perm(f"agents.{action}_thread")
        assert not access.user.has_perm("django_q.view_schedule")
        assert not access.user.has_perm("nonsense")


@pytest.mark.spec("V27")
def test_it_holds_in_the_institution_of_the_request_only(home: Institution, away: Institution) -> None:
    here, there = member_make(home, Role.SUPER_ADMIN), member_make(away, Role.SUPER_ADMIN)
    assert not here.user.has_perm("ops.read")
    with access_opened(here):
        assert here.user.has_perm("ops.read", here.member)
        assert not here.user.has_perm("ops.read", there.member)
        assert not there.user.has_perm("ops.read")
        assert not MembershipBackend().has_perm(AnonymousUser(), "ops.read")
        here.user.is_active = False
        assert not here.user.has_perm("ops.read")


@pytest.mark.spec("L45")
def test_personal_texts_are_masked_unless_one_may_read_them(home: Institution) -> None:
    template, field = Template("{% load people %}{{ name|personal }}|{{ nobody|personal }}"), PersonalField()
    context = Context({"name": "Ana <Souza>", "nobody": None})
    assert (template.render(context), field.to_representation("Ana")) == ("A•••|", "A•••")
    with access_opened(member_make(home, Role.NOC)):
        assert (template.render(context), field.to_representation("Ana")) == ("A•••|", "A•••")
    with access_opened(member_make(home, Role.TECHNICIAN)):
        assert (template.render(context), field.to_representation("Ana")) == ("Ana &lt;Souza&gt;|", "Ana")
    assert field.to_representation("") == ""
