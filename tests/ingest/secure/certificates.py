"""Certificates of a test's own: authorities, and what they sign, as PEM files."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = datetime.now(UTC)  # the machine's own clock, with which certificates are looked at
LOOPBACK = x509.IPAddress(IPv4Address("127.0.0.1"))
ELSEWHERE = x509.DNSName("kafka.example")


@dataclass(frozen=True)
class Authority:
    """An authority that signs; `file` holds its certificate."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    file: Path

    @classmethod
    def make(cls, folder: Path, name: str) -> "Authority":
        """Make an authority and write its certificate to `name`.pem."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _named(name)
        certificate = (
            _dated(subject, subject, key, NOW + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(key, hashes.SHA256())
        )
        file = folder / f"{name}.pem"
        file.write_bytes(certificate.public_bytes(Encoding.PEM))
        return cls(key, certificate, file)

    def sign(
        self, name: str, names: list[x509.GeneralName], until: datetime = NOW + timedelta(days=1)
    ) -> tuple[Path, Path]:
        """Sign a certificate for hosts; give the files of certificate and key."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            _dated(_named(name), self.certificate.subject, key, until)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
                critical=False,
            )
            .sign(self.key, hashes.SHA256())
        )
        folder = self.file.parent
        certificate_file, key_file = folder / f"{name}.pem", folder / f"{name}.key"
        certificate_file.write_bytes(certificate.public_bytes(Encoding.PEM))
        key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return certificate_file, key_file

    def keystore(self, name: str, names: list[x509.GeneralName], until: datetime = NOW + timedelta(days=1)) -> Path:
        """Sign a certificate and write key, certificate and authority into one file, as Kafka reads it."""
        certificate_file, key_file = self.sign(name, names, until)
        store = self.file.parent / f"{name}.store.pem"
        store.write_bytes(key_file.read_bytes() + certificate_file.read_bytes() + self.file.read_bytes())
        return store


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _dated(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, until: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=30))
        .not_valid_after(until)
    )
