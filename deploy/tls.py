"""TLS for any address that is not loopback: a given certificate, or one from a local authority made at first need.

Without TLS a browser has no WebCrypto, service workers or passkeys, and passwords travel in the clear.
"""

import contextlib
import datetime as dt
import fcntl
import ipaddress
import os
import socket
import ssl
import struct
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from deploy.settings import Settings

AUTHORITY_YEARS = 10
# Browsers refuse server certificates that live longer than 825 days.
SERVER_DAYS = 800
RENEW_DAYS = 30
# Linux: the request that asks an interface for its IPv4 address, and where in the answer it stands.
_SIOCGIFADDR = 0x8915
_ADDRESS = slice(20, 24)

_CA, _CA_KEY, _SERVER, _SERVER_KEY = "ca.pem", "ca.key", "server.pem", "server.key"


def context(settings: Settings, now: dt.datetime) -> ssl.SSLContext | None:
    """The server's TLS context; None on loopback, where plain HTTP is allowed. Blocks for a moment."""
    if settings.tls_cert is not None and settings.tls_key is not None:
        return _loaded(settings.tls_cert, settings.tls_key)
    if settings.is_loopback:
        return None
    folder = settings.data.resolve() / "tls"
    ensure(folder, names=names(settings), now=now)
    return _loaded(folder / _SERVER, folder / _SERVER_KEY)


def ensure(folder: Path, *, names: tuple[str, ...], now: dt.datetime) -> None:
    """Makes the local authority and a server certificate for `names` where they are missing, unfit or about to end."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(folder):
        if not _is_authority(folder, now):
            _make_authority(folder, now)
        if not _is_server(folder, names, now):
            _make_server(folder, names, now)


def names(settings: Settings) -> tuple[str, ...]:
    """What browsers and screens may call this machine: the bound address, the addresses in settings, its own ones."""
    found = {"localhost", "127.0.0.1", socket.gethostname()}
    addresses = (settings.public_url, settings.media_url, settings.gateway_url)
    found |= {host for host in (urlsplit(address).hostname for address in addresses) if host}
    if settings.host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        found |= _addresses()
    else:
        found.add(settings.host)
    return tuple(sorted(str(_san(name).value) for name in found))


def _addresses() -> set[str]:
    """The IPv4 addresses of this machine's interfaces."""
    found: set[str] = set()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        for _, interface in socket.if_nameindex():
            with contextlib.suppress(OSError):  # an interface without an address
                answer = fcntl.ioctl(asking, _SIOCGIFADDR, struct.pack("256s", interface.encode()[:15]))
                found.add(socket.inet_ntoa(answer[_ADDRESS]))
    return found


def _loaded(cert: Path, key: Path) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.load_cert_chain(cert, key)
    return made


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Two roles start at once; without this each would make an authority, and one would lose its own."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _is_authority(folder: Path, now: dt.datetime) -> bool:
    """Whether there is an authority with its key that outlives the certificates it signs."""
    try:
        cert = x509.load_pem_x509_certificate((folder / _CA).read_bytes())
        _key_of(cert, folder / _CA_KEY)
        cert.extensions.get_extension_for_class(x509.KeyUsage)
    except (OSError, ValueError, TypeError, x509.ExtensionNotFound):
        return False
    return cert.not_valid_after_utc - now > dt.timedelta(days=SERVER_DAYS)


def _is_server(folder: Path, names: tuple[str, ...], now: dt.datetime) -> bool:
    """Whether there is a certificate with its key, of this authority, for all names, with time left."""
    try:
        cert = x509.load_pem_x509_certificate((folder / _SERVER).read_bytes())
        _key_of(cert, folder / _SERVER_KEY)
        cert.verify_directly_issued_by(x509.load_pem_x509_certificate((folder / _CA).read_bytes()))
        shown = cert.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    have = {str(name.value) for name in shown}
    return cert.not_valid_after_utc - now >= dt.timedelta(days=RENEW_DAYS) and set(names) <= have


def _key_of(cert: x509.Certificate, path: Path) -> ec.EllipticCurvePrivateKey:
    """The private key in `path`; raises ValueError or TypeError when it is not the certificate's."""
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != cert.public_key():
        raise ValueError(path)
    return key


def _make_authority(folder: Path, now: dt.datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    # The number tells two authorities of one machine apart in a browser's list.
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"yunping local authority {os.urandom(3).hex()}")])
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    cert = (
        _builder(name, name, key.public_key(), now, dt.timedelta(days=365 * AUTHORITY_YEARS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    _write(folder / _CA_KEY, _pem(key))
    _write(folder / _CA, cert.public_bytes(serialization.Encoding.PEM))


def _make_server(folder: Path, names: tuple[str, ...], now: dt.datetime) -> None:
    authority = x509.load_pem_x509_certificate((folder / _CA).read_bytes())
    signer = _key_of(authority, folder / _CA_KEY)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "yunping")])
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    cert = (
        _builder(subject, authority.subject, key.public_key(), now, dt.timedelta(days=SERVER_DAYS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([_san(n) for n in names]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        # Python from 3.13 on refuses a chain without it.
        .add_extension(issuer, critical=False)
        .sign(signer, hashes.SHA256())
    )
    _write(folder / _SERVER_KEY, _pem(key))
    _write(
        folder / _SERVER,
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
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _san(name: str) -> x509.DNSName | x509.IPAddress:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, data: bytes) -> None:
    """Complete and on the disk, or as it was before."""
    temporary = path.with_suffix(path.suffix + ".new")
    temporary.unlink(missing_ok=True)
    temporary.touch(mode=0o600)
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
