"""A certificate authority of our own, and certificates with every fault."""

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _alternatives(names: tuple[str, ...]) -> list[x509.GeneralName]:
    found: list[x509.GeneralName] = []
    for name in names:
        try:
            found.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            found.append(x509.DNSName(name))
    return found


@dataclass(frozen=True)
class Certificate:
    """A certificate with its key and those that stand between it and the root."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    between: tuple[x509.Certificate, ...] = ()

    def issue(self, *names: str, days: float = 90, is_authority: bool = False, started: float = 30) -> "Certificate":
        """A certificate signed by this one, for ``names``, valid from ``started`` days ago until in ``days`` days."""
        between = (self.certificate, *self.between) if self.certificate.issuer != self.certificate.subject else ()
        return _made(names, days=days, started=started, is_authority=is_authority, signer=self, between=between)

    def file(self, folder: Path, *, with_chain: bool = True) -> Path:
        """Its PEM file, with the intermediate certificates behind it."""
        path = folder / f"{self.certificate.serial_number}.pem"
        chain = (self.certificate, *(self.between if with_chain else ()))
        path.write_bytes(b"".join(each.public_bytes(Encoding.PEM) for each in chain))
        return path

    def server_context(self, folder: Path, *, with_chain: bool = True) -> ssl.SSLContext:
        """What a server needs to present it."""
        key = folder / f"{self.certificate.serial_number}.key"
        key.write_bytes(self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file(folder, with_chain=with_chain), key)
        return context


def authority(name: str = "Lab Root") -> Certificate:
    """A new self-signed root."""
    return _made((name,), days=3650, started=30, is_authority=True, signer=None)


def self_signed(*names: str, days: float = 90) -> Certificate:
    """A certificate that nobody but itself vouches for, as appliances have it."""
    return _made(names, days=days, started=30 + max(0.0, -days), is_authority=False, signer=None)


def _made(
    names: tuple[str, ...],
    *,
    days: float,
    started: float,
    is_authority: bool,
    signer: Certificate | None,
    between: tuple[x509.Certificate, ...] = (),
) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(tz=UTC)  # noqa: TID251  certificates live in real time
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(names[0]))
        .issuer_name(signer.certificate.subject if signer else _name(names[0]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - started * DAY)
        .not_valid_after(now + days * DAY)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if not is_authority:
        builder = builder.add_extension(x509.SubjectAlternativeName(_alternatives(names)), critical=False)
    signing_key = signer.key if signer else key
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()), critical=False
    )
    return Certificate(builder.sign(signing_key, hashes.SHA256()), key, between)
