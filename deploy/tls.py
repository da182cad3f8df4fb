"""TLS for any address that is not loopback: a given certificate, or one from a local authority made at first need.

Without TLS a browser has no WebCrypto, service workers or passkeys, and passwords travel in the clear.
"""

import datetime as dt
import ipaddress
import socket
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from deploy.settings import Settings

AUTHORITY_YEARS = 10
# Browsers refuse server certificates that live longer than 825 days.
SERVER_DAYS = 800
RENEW_DAYS = 30


def context(settings: Settings, now: dt.datetime) -> ssl.SSLContext | None:
    """The server's TLS context; None on loopback, where plain HTTP is allowed."""
    if settings.tls_cert is not None and settings.tls_key is not None:
        return _loaded(settings.tls_cert, settings.tls_key)
    if settings.is_loopback:
        return None
    folder = settings.data.resolve() / "tls"
    ensure(folder, names=_names(settings.host), now=now)
    return _loaded(folder / "server.pem", folder / "server.key")


def ensure(folder: Path, *, names: tuple[str, ...], now: dt.datetime) -> None:
    """Makes the local authority and a server certificate for `names` where they are missing or about to end."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (folder / "ca.pem").exists():
        _make_authority(folder, now)
    if _needs_server(folder / "server.pem", names, now):
        _make_server(folder, names, now)


def _loaded(cert: Path, key: Path) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.load_cert_chain(cert, key)
    return made


def _names(host: str) -> tuple[str, ...]:
    found = {"localhost", "127.0.0.1", socket.gethostname()}
    if host not in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        found.add(host)
    return tuple(sorted(found))


def _needs_server(path: Path, names: tuple[str, ...], now: dt.datetime) -> bool:
    if not path.exists():
        return True
    cert = x509.load_pem_x509_certificate(path.read_bytes())
    shown = cert.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    have = {str(n.value) for n in shown}
    return cert.not_valid_after_utc - now < dt.timedelta(days=RENEW_DAYS) or not set(names) <= have


def _make_authority(folder: Path, now: dt.datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "yunping local authority")])
    cert = (
        _builder(name, name, key.public_key(), now, dt.timedelta(days=365 * AUTHORITY_YEARS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    _write(folder / "ca.key", _pem(key))
    _write(folder / "ca.pem", cert.public_bytes(serialization.Encoding.PEM))


def _make_server(folder: Path, names: tuple[str, ...], now: dt.datetime) -> None:
    authority = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
    signer = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), None)
    if not isinstance(signer, ec.EllipticCurvePrivateKey):
        raise TypeError("the local authority's key is not the kind this house makes")
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    cert = (
        _builder(subject, authority.subject, key.public_key(), now, dt.timedelta(days=SERVER_DAYS))
        .add_extension(x509.SubjectAlternativeName([_san(n) for n in names]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(signer, hashes.SHA256())
    )
    _write(folder / "server.key", _pem(key))
    _write(
        folder / "server.pem",
        cert.public_bytes(serialization.Encoding.PEM) + authority.public_bytes(serialization.Encoding.PEM),
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: dt.datetime, life: dt.timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + life)
    )


def _san(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, data: bytes) -> None:
    temporary = path.with_suffix(path.suffix + ".new")
    temporary.touch(mode=0o600)
    temporary.write_bytes(data)
    temporary.replace(path)
