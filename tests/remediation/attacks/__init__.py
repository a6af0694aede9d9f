"""The catalogue of attacks on governance: each is refused with a code and a reason, and leaves its entry and nothing else.

=====  =============================================================  ==================================================
id     attack                                                         where it is tried
=====  =============================================================  ==================================================
A1     approve one's own request, or that of one's agent              test_voting
A2     one person with two accounts                                   test_voting (two memberships, two addresses)
A3     the approval pressed twice, or sent again                      test_voting, tests/remediation/test_concurrency.py
A4     two people at the same moment                                  tests/remediation/test_concurrency.py
A5     approve after the expiry, and exactly at it                    test_voting
A6     the approver loses the role                                    test_voting
A7     the approver is deactivated, or leaves                         test_voting
A8     another institution's proposal, by its id                      test_tenants
A9     a machine's credentials on the approval                        test_voting
A10    every way in gives the same verdict                            test_voting
A11    reject, then approve                                           test_voting
A12    roles that overlap: one person in two stages                   test_voting
A13    who delegated has asked for it                                 tests/remediation/engine/test_votes.py
A14    a session that is too old for a destructive approval           test_voting
B1     the arguments edited after the first approval                  test_binding
B2     keys in another order, twice, 1 and 1.0 and true               test_binding
B3     another contract since the approval                            test_binding
B4     back to an older contract                                      test_binding
B5     a bundle that is not the one that was released                 test_binding, runtime/tests
B6     fields of the caller laid over what was approved               test_binding
B9     the approval for one machine, at another                       test_binding
C1     an order delivered twice                                       test_replay, runtime/tests
C2     a result told twice, or another one                            test_replay
C3     a result for another machine's job                             test_replay
C4     a request again, an old one, a clock that is off               test_replay
C5     a crash after the effect, before the report                    tests/remediation/test_real_runtime.py, runtime/tests
C6     an order fetched after it was cancelled, or is over            test_replay
D1-D8  paths, links, names, a full disk                               runtime/tests; here D5 and D7: test_input
E1     a pattern that takes for ever                                  test_input
E2     a body that is a bomb                                          test_input; YAML: tests/scenarios
E4     names that only look the same                                  test_input
F1-F5  the ledger changed, cut, rewritten                             tests/ledger
F6     signed by nobody that is known, or with a key that is over     test_replay
F7     another algorithm with the same key                            test_replay
G4     a machine's token on every door that decides                   test_voting
G5     what a stranger wrote, in the page of the approval             test_input
=====  =============================================================  ==================================================
"""
