"""A browser that trusts the local authority reaches this machine by each of its names, and by no other."""

import asyncio
import datetime as dt
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import given, strategies as st

from deploy import tls
from deploy.settings import load

# The handshake looks at the real clock.
NOW = dt.datetime.now(dt.UTC)
FILES = ("ca.pem", "ca.key", "server.pem", "server.key")


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in FILES}


def server_certificate(folder: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / "server.pem").read_bytes())


@pytest.fixture
def made(tmp_path: Path) -> Path:
    folder = tmp_path / "tls"
    tls.ensure(folder, names=("127.0.0.1", "localhost", "::1"), now=NOW)
    return folder


async def handshake(folder: Path, *, server_hostname: str, trusting: Path | None = None) -> tuple[str, bytes]:
    """Talks over a real socket; returns the protocol and what came back."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        await writer.drain()
        writer.close()

    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(folder / "server.pem", folder / "server.key")
    client = ssl.create_default_context(cafile=str(trusting or folder / "ca.pem"))
    # Default from Python 3.13 on.
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=serving)
    port = server.sockets[0].getsockname()[1]
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=client, server_hostname=server_hostname)
        writer.write("云屏\n".encode())
        said = await reader.readline()
        version = writer.get_extra_info("ssl_object").version()
        writer.close()
        await writer.wait_closed()
        return version, said
    finally:
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "::1"])
async def test_browser_when_it_trusts_the_authority_reaches_each_name(made: Path, name: str) -> None:
    version, said = await handshake(made, server_hostname=name)
    assert version in {"TLSv1.2", "TLSv1.3"}
    assert said == "云屏\n".encode()


async def test_browser_when_it_asks_for_another_name_refuses(made: Path) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        await handshake(made, server_hostname="evil.example")


async def test_browser_when_it_trusts_another_authority_refuses(made: Path, tmp_path: Path) -> None:
    await asyncio.to_thread(tls.ensure, tmp_path / "other", names=("localhost",), now=NOW)
    with pytest.raises(ssl.SSLCertVerificationError):
        await handshake(made, server_hostname="localhost", trusting=tmp_path / "other" / "ca.pem")


def test_keys_when_made_are_readable_by_their_owner_only(made: Path) -> None:
    assert made.stat().st_mode & 0o777 == 0o700
    assert {(made / name).stat().st_mode & 0o777 for name in FILES} == {0o600}
    assert [path.name for path in made.iterdir() if path.suffix == ".new"] == []


def test_certificate_when_made_lives_as_long_as_browsers_allow(made: Path) -> None:
    cert = server_certificate(made)
    assert cert.not_valid_before_utc < NOW
    assert cert.not_valid_after_utc - cert.not_valid_before_utc <= dt.timedelta(days=825)


def test_certificate_when_it_is_fit_is_kept(made: Path) -> None:
    before = contents(made)
    tls.ensure(made, names=("localhost",), now=NOW + dt.timedelta(days=tls.SERVER_DAYS - tls.RENEW_DAYS - 1))
    assert contents(made) == before


def test_certificate_when_about_to_end_is_made_anew_by_the_same_authority(made: Path) -> None:
    before = contents(made)
    tls.ensure(made, names=("localhost",), now=NOW + dt.timedelta(days=tls.SERVER_DAYS - tls.RENEW_DAYS + 1))
    after = contents(made)
    assert after["ca.pem"] == before["ca.pem"]
    assert after["server.pem"] != before["server.pem"]


async def test_certificate_when_a_name_is_new_is_made_for_it(made: Path) -> None:
    await asyncio.to_thread(tls.ensure, made, names=("localhost", "wujiang.example"), now=NOW)
    assert (await handshake(made, server_hostname="wujiang.example"))[1]


@pytest.mark.parametrize("lost", FILES)
@pytest.mark.parametrize("how", ["gone", "empty", "of another"])
async def test_files_when_one_is_lost_or_damaged_work_again(made: Path, tmp_path: Path, lost: str, how: str) -> None:
    """As after a power cut between two writes, or a restore of half a folder."""
    if how == "gone":
        (made / lost).unlink()
    elif how == "empty":
        (made / lost).write_bytes(b"")
    else:
        await asyncio.to_thread(tls.ensure, tmp_path / "other", names=("localhost",), now=NOW)
        (made / lost).write_bytes((tmp_path / "other" / lost).read_bytes())
    await asyncio.to_thread(tls.ensure, made, names=("localhost",), now=NOW)
    assert (await handshake(made, server_hostname="localhost"))[1]


def test_authority_when_it_ends_before_its_certificates_is_made_anew(made: Path) -> None:
    before = contents(made)
    tls.ensure(made, names=("localhost",), now=NOW + dt.timedelta(days=365 * tls.AUTHORITY_YEARS - 100))
    assert contents(made)["ca.pem"] != before["ca.pem"]


def test_files_when_two_processes_make_them_at_once_are_one_set(tmp_path: Path) -> None:
    program = (
        "import datetime as dt, pathlib, sys; from deploy import tls; "
        "tls.ensure(pathlib.Path(sys.argv[1]), names=('localhost',), now=dt.datetime.now(dt.UTC)); "
        "print((pathlib.Path(sys.argv[1]) / 'ca.pem').read_text())"
    )
    folder = tmp_path / "tls"
    children = [
        subprocess.Popen([sys.executable, "-c", program, folder], stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    seen = {child.communicate(timeout=60)[0].strip() for child in children}
    assert seen == {(folder / "ca.pem").read_text().strip()}


def test_context_on_loopback_is_plain(tmp_path: Path) -> None:
    assert tls.context(load({"YUNPING_DATA": str(tmp_path)}), NOW) is None
    assert list(tmp_path.iterdir()) == []


def test_context_on_another_address_has_a_certificate_for_it(tmp_path: Path) -> None:
    settings = load(
        {
            "YUNPING_DATA": str(tmp_path),
            "YUNPING_HOST": "0.0.0.0",
            "YUNPING_PUBLIC_URL": "https://www.wujiang.example",
            "YUNPING_GATEWAY_URL": "wss://screens.wujiang.example:8081/screens/v1",
        }
    )
    made = tls.context(settings, NOW)
    assert made is not None
    assert made.minimum_version is ssl.TLSVersion.TLSv1_2
    shown = server_certificate(tmp_path / "tls").extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    have = {str(name.value) for name in shown}
    assert {"www.wujiang.example", "screens.wujiang.example", "localhost", "127.0.0.1", socket.gethostname()} <= have


def test_context_when_a_certificate_is_given_uses_it(made: Path, tmp_path: Path) -> None:
    given_ = {"YUNPING_TLS_CERT": str(made / "server.pem"), "YUNPING_TLS_KEY": str(made / "server.key")}
    settings = load({"YUNPING_DATA": str(tmp_path / "data"), **given_})
    assert settings.scheme == "https"
    assert tls.context(settings, NOW) is not None
    assert not (tmp_path / "data").exists()


@given(st.one_of(st.ip_addresses(), st.sampled_from(["localhost", "wujiang.example", "a-b.cn"])))
def test_host_when_bound_is_a_name_of_the_certificate(host: object) -> None:
    settings = load({"YUNPING_HOST": str(host)})
    if str(host) not in {"0.0.0.0", "::"}:
        assert str(host) in tls.names(settings)
    assert tls.names(settings) == tuple(sorted(set(tls.names(settings))))
