"""The guard: every form in which somebody hides an address."""

from ipaddress import ip_address, ip_network

import pytest

from scenarios.egress import CONFIGURED, PUBLIC_ONLY, EgressError, EgressPolicy, HostError, host_parse

FORBIDDEN = """
    169.254.169.254 169.254.170.2 169.254.0.1 100.100.100.200 168.63.129.16 192.0.0.192
    0.0.0.0 0.1.2.3 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255 192.0.2.1 198.51.100.1 203.0.113.1 192.88.99.1
    :: fe80::1 fe80::a9fe:a9fe febf::1 fec0::1 ff02::1 ff0e::1 fd00:ec2::254 fd00:ec2::23 fd20:ce::254
    64:ff9b::a9fe:a9fe 64:ff9b::7f00:1 64:ff9b::a00:1 64:ff9b::6464:64c8 64:ff9b::e000:1 64:ff9b::
    64:ff9b:1::a9fe:a9fe 64:ff9b:1:: 64:ff9b:1:a9fe:a9:fe00::
    2002:a9fe:a9fe:: 2002:7f00:1:: 2002:808:808::1
    2001:0:a9fe:a9fe:: 2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2
    ::ffff:169.254.169.254 ::ffff:a9fe:a9fe ::ffff:0.0.0.0 ::ffff:224.0.0.1 ::ffff:100.100.100.200
    ::169.254.169.254 ::a9fe:a9fe ::127.0.0.1 ::8.8.8.8 ::2 ::ffff:0:169.254.169.254
    100::1 200::1 4000::1 5f00::1 2001:db8::1 2001:10::1 2001:20::1 2001:2::1 3fff::1
    2600::5efe:a9fe:a9fe 2600::200:5efe:a9fe:a9fe fd12::5efe:169.254.169.254
""".split()  # noqa: SIM905  a page of words is easier to read than a page of quotes


@pytest.mark.parametrize("policy", [CONFIGURED, PUBLIC_ONLY], ids=["configured", "public"])
@pytest.mark.parametrize("text", FORBIDDEN)
def test_nobody_may_go_there(text: str, policy: EgressPolicy) -> None:
    with pytest.raises(EgressError):
        policy.check(ip_address(text))


def test_a_scoped_address_is_refused() -> None:
    for text in ("fe80::1%eth0", "::1%1", "2606:4700::1111%2"):
        with pytest.raises(EgressError):
            CONFIGURED.check(ip_address(text))


PRIVATE = """
    127.0.0.1 127.9.9.9 10.1.2.3 172.16.0.1 192.168.1.1 100.64.0.1 ::1 fd12:3456::1 ::ffff:127.0.0.1
""".split()  # noqa: SIM905
PUBLIC = """
    8.8.8.8 1.1.1.1 2606:4700:4700::1111 2a00:1450::1 ::ffff:8.8.8.8 64:ff9b::808:808
""".split()  # noqa: SIM905


@pytest.mark.parametrize("text", PRIVATE)
def test_private_networks_are_for_configured_targets_only(text: str) -> None:
    CONFIGURED.check(ip_address(text))
    with pytest.raises(EgressError):
        PUBLIC_ONLY.check(ip_address(text))


@pytest.mark.parametrize("text", PUBLIC)
def test_public_addresses_are_for_both(text: str) -> None:
    CONFIGURED.check(ip_address(text))
    PUBLIC_ONLY.check(ip_address(text))


def test_networks_can_be_denied_or_the_only_ones_allowed() -> None:
    denying = EgressPolicy(deny=(ip_network("10.0.0.0/8"),))
    denying.check(ip_address("192.168.0.1"))
    for text in ("10.0.0.1", "::ffff:10.0.0.1"):
        with pytest.raises(EgressError, match="denied by configuration"):
            denying.check(ip_address(text))
    only = EgressPolicy(allow=(ip_network("10.0.0.0/8"), ip_network("fd00::/8")))
    only.check(ip_address("10.0.0.1"))
    only.check(ip_address("fd00::1"))
    for text in ("192.168.0.1", "8.8.8.8", "::ffff:8.8.8.8", "64:ff9b::808:808"):
        with pytest.raises(EgressError, match="not among the allowed networks"):
            only.check(ip_address(text))


def test_nothing_lifts_the_fixed_list() -> None:
    with pytest.raises(EgressError, match="metadata"):
        EgressPolicy(allow=(ip_network("169.254.0.0/16"),)).check(ip_address("169.254.169.254"))


ODD = r"""
    2130706433 0x7f000001 0x7f.1 127.1 127.0.1 0177.0.0.1 0300.0250.0.1 127.0.0.01 00000127.0.0.1 0x7F.0x0.0x0.0x1
    017700000001 127.0.0.1. 127.0.0.1.. 1.2.3.4.5 256.256.256.256 127.0.0.0x1 foo.0x1 foo.123 0x 0 1
    ①②⑦.⓪.⓪.① １２７.0.0.1 127。0。0。1 127．0．0．1 ⑯⑨.②⑤④.⑯⑨.②⑤④ ١٢٧.0.0.1 ₁₂₇.0.0.1 𝟏𝟐𝟕.0.0.1 ex𝚊mple.com
    a%2eb 127.0.0.1%00 host%0a user@host host/path host:80 [127.0.0.1 [::1 ::1] [[::1]] [localhost] a..b .a
    -a a- a_b-. a\tb a\b a*b a,b {} | ^ ~ ` < > " ' ; ? # & = + ! $ ( )
""".split()  # noqa: SIM905  a page of words is easier to read than a page of quotes


@pytest.mark.parametrize("text", [*ODD, "", ".", " ", "a b", "a\nb", "a\x00b", "x" * 64 + ".com", "a." * 130 + "com"])
def test_an_odd_spelling_is_refused_not_guessed(text: str) -> None:
    with pytest.raises(HostError):
        host_parse(text)


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("Example.COM", "example.com"),
        ("example.com.", "example.com"),
        ("localhost", "localhost"),
        ("my_host-1.internal", "my_host-1.internal"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("1and1.com", "1and1.com"),
        ("3com", "3com"),
        ("127.0.0.1", ip_address("127.0.0.1")),
        ("[::1]", ip_address("::1")),
        ("::FFFF:127.0.0.1", ip_address("::ffff:7f00:1")),
    ],
)
def test_proper_spellings_pass(text: str, parsed: object) -> None:
    assert host_parse(text) == parsed
