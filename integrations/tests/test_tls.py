"""The path of production: HTTPS, with a certificate made for the test."""

from __future__ import annotations

import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import SimpleTestCase

from integrations.exceptions import UncertainOutcome, Unreachable
from integrations.tests.graph_server import Reply
from integrations.tests.meta import NUMBER, OnTheBridge, WithMeta
from integrations.whatsapp import transport


def certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1 and its key, as PEM files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    paths[1].write_bytes(key.private_bytes(encoding, form, serialization.NoEncryption()))
    return paths


class TlsTests(WithMeta, SimpleTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.bundle, key = certificate(Path(self.enterContext(tempfile.TemporaryDirectory())))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.bundle, key)
        # The handshake is left to the thread of the connection: a client that gives up stops no other.
        self.meta.socket = context.wrap_socket(self.meta.socket, server_side=True, do_handshake_on_connect=False)
        self.set(WHATSAPP_GRAPH_URL=self.meta.url.replace("http:", "https:"))
        transport.reset_pool()

    def test_connections_are_kept_over_tls(self):
        self.set(WHATSAPP_CA_BUNDLE=str(self.bundle))
        for number in range(10):
            self.whatsapp.send_text_message(NUMBER, f"Hello {number}")
        self.assertEqual((len(self.meta.requests), self.meta.connections), (10, 1))

    def test_certificate_that_nobody_vouches_for_is_refused_and_nothing_is_sent(self):
        with self.assertRaises(Unreachable) as failed:
            self.whatsapp.send_text_message(NUMBER, "Hello")
        self.assertIn("certificate", failed.exception.details)
        self.assertEqual(self.meta.requests, [])

    def test_silence_of_the_handshake_is_no_sending(self):
        self.set(WHATSAPP_CA_BUNDLE=str(self.bundle), WHATSAPP_CONNECT_TIMEOUT_SECONDS=0.2)
        self.meta.shutdown()
        with self.assertRaises(Unreachable):
            self.whatsapp.send_text_message(NUMBER, "Hello")

    def test_silence_after_the_request_is_uncertain(self):
        self.set(WHATSAPP_CA_BUNDLE=str(self.bundle), WHATSAPP_READ_TIMEOUT_SECONDS=0.2)
        for reply in (Reply(hang=True), Reply(cut="after")):
            self.meta.answer(reply)
            with self.assertRaises(UncertainOutcome):
                self.whatsapp.send_text_message(NUMBER, "Hello")


class TlsOnTheBridgeTests(OnTheBridge, TlsTests):
    pass
