"""Under TLS the transport alone may write; everything else stays the same."""

import datetime as dt
import ipaddress
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cms.kernel.db import Database
from screens.district import District
from screens.messages import PATH
from screens.simulator import Fleet, SimulatedScreen
from tests.integration.screens.conftest import CLOCK, Street


class SecureStreet(Street):
    @property
    def url(self) -> str:
        return f"wss://127.0.0.1:{self.port}{PATH}"


def contexts(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Of a server with a certificate for 127.0.0.1, and of a client that believes in nothing else."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = CLOCK.now()
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).add_extension(address, critical=False)
    builder = builder.not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=1))
    made = builder.sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "tls.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    return server, ssl.create_default_context(cafile=str(path))


@pytest.fixture
async def secure(
    database: Database, district: District, tmp_path: Path
) -> AsyncIterator[tuple[SecureStreet, ssl.SSLContext]]:
    server, client = contexts(tmp_path)
    street = SecureStreet(database, district, {"tls": server})
    await street.start()
    yield street, client
    await street.stop()


async def test_publication_when_the_link_is_encrypted_reaches_all(
    secure: tuple[SecureStreet, ssl.SSLContext],
) -> None:
    street, client = secure
    screens = await street.enrol(10, root=street.district.root, tls=client)
    async with Fleet(screens) as many:
        await many.live()
        for _ in range(3):
            await many.until(await street.publish(screens))
        assert all(connection.lane < 0 for _, connection in street.live.registry)
    assert not any(screen.heard.faults for screen in screens)


async def test_screen_when_the_certificate_is_not_believed_says_nothing(
    secure: tuple[SecureStreet, ssl.SSLContext],
) -> None:
    street, _ = secure
    (known,) = await street.enrol(1)
    screen = SimulatedScreen(street.url, key=known.key, screen=known.screen)
    async with Fleet([screen]):
        with pytest.raises(TimeoutError):
            await screen.until(1, within=1)
    assert screen.heard.connected == 0
