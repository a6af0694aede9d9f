"""The canonical form: settled at once, with every comment kept, and without effect on the bundle."""

import pytest

from remediation.contracts.compile import contract_compile
from remediation.contracts.diagnostics import ContractError
from remediation.contracts.format import contract_format
from remediation.contracts.shipped import SHIPPED, shipped_text
from tests.remediation.contracts.texts import DESK

UNTIDY = """\
// top
system Desk{name:"a";version : "1.0.0"   // v


 // lonely
 domain:a }
actors{human o{permissions:[a.b, // first
 // second
 c.d] } // end o
}
//last
invariants { invariant i { assert: (a == b) and (c or (d and not (e == f))) // z
 when: always, list: [ 1,2 , ] } }
workflows { workflow w on E { state S{ initial } state T {
   // done
   terminal}
 transition T1: S->T { guard: history(step).count <
  // why three
  3  approvals:{quorum:1, roles:[a]} effects: [set_state(T)] } } }
freeze {
/// nothing
}
budgets{} // none
entities { entity E { field x:list< text >required max( 3 ) // three
 storage:{tenant_field:t} } }
separation { rule r { forbid:decide when actor.id in history(x).actors } }
// bye"""

TIDY = """\
// top
system Desk {
  name: "a"
  version: "1.0.0"  // v

  // lonely
  domain: a
}

actors {
  human o {
    permissions: [
      a.b,  // first
      // second
      c.d,
    ]
  }  // end o
}

// last
invariants {
  invariant i {
    assert: a == b and (c or d and not (e == f))  // z
    when: always
    list: [1, 2]
  }
}

workflows {
  workflow w on E {
    state S {initial}
    state T {
      // done
      terminal
    }
    transition T1: S -> T {
      // why three
      guard: history(step).count < 3
      approvals: {quorum: 1, roles: [a]}
      effects: [set_state(T)]
    }
  }
}

freeze {
  /// nothing
}

budgets {}  // none

entities {
  entity E {
    field x: list<text> required max(3)  // three
    storage: {tenant_field: t}
  }
}

separation {
  rule r {
    forbid: decide when actor.id in history(x).actors
  }
}

// bye
"""


def test_an_untidy_text_becomes_tidy_and_keeps_its_comments_where_they_stand() -> None:
    assert contract_format(UNTIDY) == TIDY


@pytest.mark.parametrize("text", [TIDY, DESK, *map(shipped_text, SHIPPED)])
def test_a_tidy_text_stays_as_it_is(text: str) -> None:
    assert contract_format(text) == text


def test_long_lists_and_conditions_take_a_line_for_each_part() -> None:
    words = [f"service_number_{number}" for number in range(8)]
    text = f"a {{ l: [{', '.join(words)}], c: {' or '.join(words)} }}"
    listed = "".join(f"    {word},\n" for word in words)
    others = "".join(f"    or {word}\n" for word in words[1:])
    tidy = f"a {{\n  l: [\n{listed}  ]\n  c: {words[0]}\n{others}}}\n"
    assert contract_format(text) == tidy
    assert contract_format(tidy) == tidy


def test_formatting_never_changes_the_bundle() -> None:
    crowded = DESK.replace("\n    ", " ").replace("\n  ", "  \t\r\n\r\n\r\n").replace("true", "true ;")
    assert contract_format(crowded) != crowded
    assert contract_compile(crowded).digest == contract_compile(contract_format(crowded)).digest
    assert contract_compile(crowded).digest != contract_compile(DESK + "// a comment is part of the source\n").digest


@pytest.mark.parametrize(
    ("text", "tidy"),
    [
        ("a { l: // why\n [b] }", "a {\n  // why\n  l: [b]\n}\n"),
        ("a { l: [ // why\n b] }", "a {\n  l: [  // why\n    b,\n  ]\n}\n"),
        ("a { m: // why\n {b: c} }", "a {\n  // why\n  m: {b: c}\n}\n"),
        ("a { m: {b: c // why\n} }", "a {\n  m: {\n    b: c  // why\n  }\n}\n"),
        ("a // why\n { b: c }", "// why\na {\n  b: c\n}\n"),
        ("a { b: c; // why\n}", "a {\n  b: c  // why\n}\n"),
    ],
)
def test_a_comment_at_an_odd_place_settles_at_once(text: str, tidy: str) -> None:
    assert contract_format(text) == tidy
    assert contract_format(tidy) == tidy


def test_brackets_that_matter_stay() -> None:
    for condition in ("(a or b) and c", "not (a and b)", "(a == b) == (c or d)", "a and (b and c)", "(not a) == b"):
        tidy = contract_format(f"x {{ c: {condition} }}")
        assert tidy == f"x {{\n  c: {condition}\n}}\n"


def test_what_is_no_contract_is_refused() -> None:
    with pytest.raises(ContractError):
        contract_format("system {")
