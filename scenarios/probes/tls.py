"""Certificates: how long they last, whether a chain leads to somebody we trust, whether the name is right.

The certificate is read first without judging it, so that an expired or self-signed one can be read too; a second
handshake lets OpenSSL judge the chain as any client would. When the certificate itself is out of date, that second one
ignores dates, so that *expired* and *untrusted* stay apart; an outdated intermediate certificate is an untrusted chain.
What no condition judges must simply be right: dates, chain, name.
"""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address
from time import monotonic
from typing import Any, ClassVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from scenarios.egress import EgressError, host_parse
from scenarios.models import ProbeState
from scenarios.net import ResolveError
from scenarios.probes.base import CheckSpec, JsonSchema, Look, Measure, Probe, ProbeContext, Reason
from scenarios.probes.conditions import judge, rules_of, shown
from scenarios.probes.failures import look_failed
from scenarios.probes.starttls import TALKS, StartTlsError, tls_started
from scenarios.probes.tcp import host_problems
from scenarios.tls import reading_context, tls_context

# measure that must be true -> why it is not
MUST: Mapping[str, Reason] = {
    "is_current": Reason.CERT_EXPIRED,
    "chain_ok": Reason.CERT_UNTRUSTED,
    "name_ok": Reason.CERT_NAME,
}
SHOW = ("days_left", "expires_at", "issuer")


class TlsProbe(Probe):
    """Two handshakes; no request is sent."""

    kind: ClassVar[str] = "tls"
    SCHEMA: ClassVar[JsonSchema] = {
        "type": "object",
        "additionalProperties": False,
        "required": ["host"],
        "properties": {
            "host": {"type": "string", "minLength": 1, "maxLength": 253},
            "port": {"type": "integer", "minimum": 1, "maximum": 65535, "default": 443},
            "tls_name": {"type": "string", "description": "The name asked for and expected, if not the host."},
            "ca_file": {"type": "string", "pattern": "^/", "description": "Trust only the certificates in this file."},
            "starttls": {"enum": sorted(TALKS), "description": "Begin in the clear and ask for TLS, as mail does."},
        },
    }
    MEASURES: ClassVar[tuple[Measure, ...]] = (
        Measure("days_left", "number", "Until it expires; negative when it has."),
        Measure("is_current", "boolean", "Today is between its two dates."),
        Measure("chain_ok", "boolean", "A chain leads to an authority we trust."),
        Measure("chain_error", "text", "Why not, in OpenSSL's words; empty when it does."),
        Measure("name_ok", "boolean", "It is made out to the name we asked for."),
        Measure("self_signed", "boolean", "It vouches for itself."),
        Measure("issuer", "text", "Who signed it."),
        Measure("subject", "text", "Whom it is for."),
        Measure("expires_at", "text", "When, RFC 3339 in UTC."),
        Measure("fingerprint", "text", "SHA-256 of the certificate, lower-case hexadecimal."),
        Measure("protocol", "text", "As TLSv1.3."),
        Measure("latency_ms", "number", "Until the certificate was read."),
    )

    def param_problems(self, params: Mapping[str, Any]) -> list[str]:
        """A host in its proper spelling."""
        return host_problems(params)

    async def look(self, check: CheckSpec, context: ProbeContext) -> Look:
        """Read the certificate, have its chain judged, judge the rest."""
        started = monotonic()
        ca_file = check.opened.get("ca_file")
        try:
            tls_context(ca_file, checks_name=False)
        except OSError as error:
            return Look(ProbeState.UNKNOWN, Reason.MISCONFIGURED, {"error": f"ca_file {ca_file}: {error}"[:200]})
        try:
            async with asyncio.timeout(check.timeout_seconds):
                measured = await _measured(check, context, started)
        except StartTlsError as error:
            evidence = {"error": str(error)[:200]}
            return Look(ProbeState.DOWN, Reason.BAD_ANSWER, evidence, {}, round((monotonic() - started) * 1000))
        except (OSError, EgressError, ResolveError) as error:
            return look_failed(check, error, started)
        look = judge(check, measured, started=started, now=monotonic(), show=SHOW)
        for measure, reason in MUST.items():
            if not measured[measure] and measure not in rules_of(check).measures:
                return _faulty(look, measured, measure, reason)
        return look


def _faulty(look: Look, measured: Mapping[str, Any], measure: str, reason: Reason) -> Look:
    evidence = {measure: False, **look.measured, "subject": shown(measured["subject"])}
    if measure == "chain_ok":
        evidence["chain_error"] = shown(measured["chain_error"])
    return Look(ProbeState.DOWN, reason, evidence, {measure: "== true", **look.expected}, look.duration_ms)


async def _measured(check: CheckSpec, context: ProbeContext, started: float) -> dict[str, Any]:
    name = check.opened.get("tls_name") or check.opened["host"]
    seen = await _handshake(check, context, name, reading_context())
    latency = (monotonic() - started) * 1000
    certificate = x509.load_der_x509_certificate(seen.der)
    now = datetime.now(tz=UTC)  # noqa: TID251  a certificate is judged by the real time, as clients do
    expires = certificate.not_valid_after_utc
    is_current = certificate.not_valid_before_utc <= now <= expires
    judging = tls_context(check.opened.get("ca_file"), checks_name=False, checks_dates=is_current)
    chain_error = await _chain_error(check, context, name, judging)
    return {
        "days_left": round((expires - now) / timedelta(days=1), 2),
        "is_current": is_current,
        "chain_ok": not chain_error,
        "chain_error": chain_error,
        "name_ok": name_matches(certificate, name),
        "self_signed": certificate.issuer == certificate.subject,
        "issuer": certificate.issuer.rfc4514_string(),
        "subject": certificate.subject.rfc4514_string(),
        "expires_at": expires.isoformat(),
        "fingerprint": certificate.fingerprint(hashes.SHA256()).hex(),
        "protocol": seen.protocol,
        "latency_ms": latency,
    }


@dataclass(frozen=True, slots=True)
class Seen:
    """What a handshake showed: the certificate as DER, and the protocol's version."""

    der: bytes
    protocol: str | None


async def _handshake(check: CheckSpec, context: ProbeContext, name: str, tls: ssl.SSLContext) -> Seen:
    host, port = check.opened["host"], check.opened.get("port", 443)
    seconds = check.timeout_seconds
    if protocol := check.opened.get("starttls"):
        transport = await tls_started(context.net, host, port, protocol, tls=tls, name=name, seconds=seconds)
    else:
        connect = context.net.connect
        transport = (await connect(asyncio.Protocol, host, port, tls=tls, tls_name=name, seconds=seconds)).transport
    try:
        secured = transport.get_extra_info("ssl_object")
        return Seen(secured.getpeercert(binary_form=True), secured.version())
    finally:
        transport.abort()


async def _chain_error(check: CheckSpec, context: ProbeContext, name: str, tls: ssl.SSLContext) -> str:
    try:
        await _handshake(check, context, name, tls)
    except ssl.SSLCertVerificationError as error:
        return error.verify_message
    return ""


def name_matches(certificate: x509.Certificate, name: str) -> bool:
    """Whether the certificate is made out to ``name``, as RFC 6125 has it: alternative names only, ``*`` as one label."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    wanted = host_parse(name)
    if isinstance(wanted, IPv4Address | IPv6Address):
        return wanted in names.get_values_for_type(x509.IPAddress)
    beyond_first = wanted.partition(".")[2]
    patterns = [pattern.lower() for pattern in names.get_values_for_type(x509.DNSName)]
    return wanted in patterns or ("." in beyond_first and f"*.{beyond_first}" in patterns)


PROBE = TlsProbe()
