"""Where the portal may connect to: the guard against being steered at addresses nobody configured for people.

Two policies. ``EgressPolicy()`` is for targets from the configuration: loopback and private networks are what an
operations portal watches, so they are allowed. ``EgressPolicy(public_only=True)`` is for URLs that a person typed.
Both refuse link-local, cloud metadata, multicast, unspecified and reserved addresses in every spelling: a host is
parsed strictly here; ``scenarios.net`` resolves it once, checks *all* its addresses and connects to a checked one.

IPv6 is an allow-list (loopback, unique local, 2000::/3 without its special blocks, and the two forms that carry an
IPv4 address we can read), because ``ipaddress.is_global`` calls NAT64 and 6to4 forms of 169.254.169.254 global.
Sources: IANA special-purpose registries, RFC 6052, RFC 8215, RFC 3056, RFC 4380; the clouds' metadata documentation.
"""

import ipaddress
import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

import idna

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

FORBIDDEN: tuple[tuple[Network, str], ...] = tuple(
    (ip_network(text), why)
    for text, why in (
        ("0.0.0.0/8", "unspecified"),
        ("100.100.100.200/32", "cloud metadata"),  # Alibaba
        ("168.63.129.16/32", "cloud metadata"),  # Azure
        ("169.254.0.0/16", "link-local or cloud metadata"),
        ("192.0.0.0/24", "reserved"),  # has 192.0.0.192, Oracle's metadata
        ("192.0.2.0/24", "documentation"),
        ("192.88.99.0/24", "6to4 relay"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
        ("::/128", "unspecified"),
        ("2001::/32", "Teredo"),
        ("2001:2::/48", "benchmarking"),
        ("2001:10::/28", "ORCHID"),
        ("2001:20::/28", "ORCHID"),
        ("2001:db8::/32", "documentation"),
        ("2002::/16", "6to4"),
        ("3fff::/20", "documentation"),
        ("fd00:ec2::/32", "cloud metadata"),  # AWS
        ("fd20:ce::/64", "cloud metadata"),  # Google
        ("fe80::/10", "link-local"),
        ("ff00::/8", "multicast"),
    )
)
IPV6_ALLOWED = tuple(IPv6Network(text) for text in ("::1/128", "fc00::/7", "2000::/3"))
IPV4_MAPPED = IPv6Network("::ffff:0:0/96")
NAT64 = IPv6Network("64:ff9b::/96")
ISATAP = frozenset({0x00005EFE, 0x02005EFE})  # RFC 5214: the third quarter of the address, before the IPv4 one

LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)\Z")
NUMBER = re.compile(r"(0x[0-9a-f]*|[0-9]+)\Z")


class EgressError(Exception):
    """This host or address may not be connected to; the text says why and is fit to show."""


class HostError(EgressError):
    """Not a host name or an address in its one proper spelling."""


@dataclass(frozen=True, slots=True)
class EgressPolicy:
    """Which addresses are within reach. ``deny`` adds to the fixed list, ``allow`` (if any) leaves only those."""

    allow: tuple[Network, ...] = ()
    deny: tuple[Network, ...] = ()
    public_only: bool = False

    def check(self, address: Address) -> None:
        """Return when ``address`` may be connected to; raise EgressError otherwise."""
        if refusal := _refusal(self, address):
            raise EgressError(f"{address} is forbidden: {refusal}")


CONFIGURED = EgressPolicy()
PUBLIC_ONLY = EgressPolicy(public_only=True)


@lru_cache(maxsize=8192)
def _refusal(policy: EgressPolicy, address: Address) -> str | None:
    if isinstance(address, IPv6Address) and (carried := _carried(address)):
        if address in IPV4_MAPPED:
            return _refusal(policy, carried)
        return _refusal(PUBLIC_ONLY, carried) or _listed(policy, address)
    return _fixed_refusal(address) or _listed(policy, address) or _not_public(policy, address)


def _carried(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address inside an IPv4-mapped or well-known NAT64 address."""
    if address in IPV4_MAPPED or address in NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return None


def _fixed_refusal(address: Address) -> str | None:
    for network, why in FORBIDDEN:
        if address.version == network.version and address in network:
            return why
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return "scoped"
        if not any(address in network for network in IPV6_ALLOWED):
            return "reserved"
        if (int(address) >> 32) & 0xFFFF_FFFF in ISATAP:
            return "ISATAP"
    return None


def _listed(policy: EgressPolicy, address: Address) -> str | None:
    if any(address in network for network in policy.deny if network.version == address.version):
        return "denied by configuration"
    if policy.allow and not any(address in network for network in policy.allow if network.version == address.version):
        return "not among the allowed networks"
    return None


def _not_public(policy: EgressPolicy, address: Address) -> str | None:
    return "not a public address" if policy.public_only and not address.is_global else None


@lru_cache(maxsize=8192)
def host_parse(host: str) -> Address | str:
    """An address, or a lower-case ASCII host name, from the one proper spelling of either.

    Raises HostError for what only looks like one: ``2130706433``, ``0x7f.1``, ``127.1``, ``0177.0.0.1``, circled or
    full-width digits, user-info, escapes, scopes, empty or over-long labels. Brackets round an IPv6 address are fine.
    """
    try:
        if host.startswith("[") and host.endswith("]"):
            return IPv6Address(host[1:-1])
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    name = _ascii(host).removesuffix(".")
    labels = name.split(".")
    if len(name) > 253 or not all(LABEL.match(label) for label in labels):
        raise HostError(f"{host!r} is not a host name")
    if NUMBER.match(labels[-1]):
        raise HostError(f"{host!r} is not an address in its usual spelling")
    return name


def _ascii(text: str) -> str:
    if text.isascii():
        return text.lower()
    try:
        return idna.encode(text.lower(), strict=True).decode("ascii")
    except idna.IDNAError as error:
        raise HostError(f"{text!r} is not a host name") from error
