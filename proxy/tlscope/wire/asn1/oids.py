r"""Object identifiers: what their octets spell, and what standards call them.

    dotted(b"\x55\x04\\x03") -> "2.5.4.3"
    oid_name("2.5.4.3")     -> "id-at-commonName"

Names are those of the module that defines them (RFC 5280 appendix A and RFC 5912, X.520, or the vendor's own), so that
they can be searched for. An identifier without a name is shown by its numbers and is no error.
"""

from __future__ import annotations

from functools import lru_cache

MAX_OID = 128
"""Octets of one that is spelled out; longer ones are hex. OpenSSL and cryptography stop at less than that."""
MAX_ARC = 20
"""Octets of one number: a UUID under 2.25 needs 19. Reading a number is quadratic in its octets."""


@lru_cache(maxsize=1024)
def dotted(content: bytes) -> str:
    """The numbers of an identifier's octets (X.690 section 8.19); empty for what is not one, or is too long."""
    if not content or len(content) > MAX_OID or content[-1] & 0x80:
        return ""
    arcs: list[int] = []
    value = octets = 0
    for octet in content:
        value, octets = value << 7 | octet & 0x7F, octets + 1
        if octets > MAX_ARC:
            return ""
        if not octet & 0x80:
            arcs.append(value)
            value = octets = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


def oid_name(oid: str) -> str:
    """The name of a dotted identifier; itself where it has none."""
    return OIDS.get(oid, oid)


def oid_text(oid: str) -> str:
    """`name (1.2.3)`, or the numbers alone."""
    name = OIDS.get(oid)
    return f"{name} ({oid})" if name else oid


def _under(root: str, names: dict[str, str]) -> dict[str, str]:
    return {f"{root}.{arc}": name for arc, name in names.items()}


_ATTRIBUTES = {
    "0": "id-at-objectClass",
    "3": "id-at-commonName",
    "4": "id-at-surname",
    "5": "id-at-serialNumber",
    "6": "id-at-countryName",
    "7": "id-at-localityName",
    "8": "id-at-stateOrProvinceName",
    "9": "id-at-streetAddress",
    "10": "id-at-organizationName",
    "11": "id-at-organizationalUnitName",
    "12": "id-at-title",
    "13": "id-at-description",
    "15": "id-at-businessCategory",
    "16": "id-at-postalAddress",
    "17": "id-at-postalCode",
    "18": "id-at-postOfficeBox",
    "20": "id-at-telephoneNumber",
    "41": "id-at-name",
    "42": "id-at-givenName",
    "43": "id-at-initials",
    "44": "id-at-generationQualifier",
    "45": "id-at-uniqueIdentifier",
    "46": "id-at-dnQualifier",
    "51": "id-at-houseIdentifier",
    "54": "id-at-dmdName",
    "65": "id-at-pseudonym",
    "72": "id-at-role",
    "97": "id-at-organizationIdentifier",
}
"""X.520 and RFC 5280 appendix A."""

_CERTIFICATE_EXTENSIONS = {
    "1": "authorityKeyIdentifier (obsolete)",
    "3": "certificatePolicies (obsolete)",
    "9": "id-ce-subjectDirectoryAttributes",
    "14": "id-ce-subjectKeyIdentifier",
    "15": "id-ce-keyUsage",
    "16": "id-ce-privateKeyUsagePeriod",
    "17": "id-ce-subjectAltName",
    "18": "id-ce-issuerAltName",
    "19": "id-ce-basicConstraints",
    "20": "id-ce-cRLNumber",
    "21": "id-ce-cRLReasons",
    "23": "id-ce-holdInstructionCode",
    "24": "id-ce-invalidityDate",
    "27": "id-ce-deltaCRLIndicator",
    "28": "id-ce-issuingDistributionPoint",
    "29": "id-ce-certificateIssuer",
    "30": "id-ce-nameConstraints",
    "31": "id-ce-cRLDistributionPoints",
    "32": "id-ce-certificatePolicies",
    "32.0": "anyPolicy",
    "33": "id-ce-policyMappings",
    "35": "id-ce-authorityKeyIdentifier",
    "36": "id-ce-policyConstraints",
    "37": "id-ce-extKeyUsage",
    "37.0": "anyExtendedKeyUsage",
    "46": "id-ce-freshestCRL",
    "54": "id-ce-inhibitAnyPolicy",
    "56": "id-ce-noRevAvail",
    "72": "id-ce-subjectAltPublicKeyInfo",
    "73": "id-ce-altSignatureAlgorithm",
    "74": "id-ce-altSignatureValue",
}
"""RFC 5280 section 4.2, X.509 (2019) section 9.8, RFC 9608."""

_PKIX = {
    "1.1": "id-pe-authorityInfoAccess",
    "1.2": "id-pe-biometricInfo",
    "1.3": "id-pe-qcStatements",
    "1.7": "id-pe-ipAddrBlocks",
    "1.8": "id-pe-autonomousSysIds",
    "1.11": "id-pe-subjectInfoAccess",
    "1.12": "id-pe-logotype",
    "1.14": "id-pe-proxyCertInfo",
    "1.24": "id-pe-tlsfeature",
    "1.26": "id-pe-TNAuthList",
    "1.28": "id-pe-ipAddrBlocks-v2",
    "1.29": "id-pe-autonomousSysIds-v2",
    "1.31": "id-pe-acmeIdentifier",
    "2.1": "id-qt-cps",
    "2.2": "id-qt-unotice",
    "3.1": "id-kp-serverAuth",
    "3.2": "id-kp-clientAuth",
    "3.3": "id-kp-codeSigning",
    "3.4": "id-kp-emailProtection",
    "3.5": "id-kp-ipsecEndSystem",
    "3.6": "id-kp-ipsecTunnel",
    "3.7": "id-kp-ipsecUser",
    "3.8": "id-kp-timeStamping",
    "3.9": "id-kp-OCSPSigning",
    "3.13": "id-kp-eapOverPPP",
    "3.14": "id-kp-eapOverLAN",
    "3.17": "id-kp-ipsecIKE",
    "3.21": "id-kp-secureShellClient",
    "3.22": "id-kp-secureShellServer",
    "3.30": "id-kp-bgpsec-router",
    "3.31": "id-kp-BrandIndicatorforMessageIdentification",
    "3.36": "id-kp-documentSigning",
    "8.3": "id-on-permanentIdentifier",
    "8.4": "id-on-hardwareModuleName",
    "8.5": "id-on-xmppAddr",
    "8.7": "id-on-dnsSRV",
    "8.8": "id-on-NAIRealm",
    "8.9": "id-on-SmtpUTF8Mailbox",
    "9.1": "id-pda-dateOfBirth",
    "9.2": "id-pda-placeOfBirth",
    "9.3": "id-pda-gender",
    "9.4": "id-pda-countryOfCitizenship",
    "9.5": "id-pda-countryOfResidence",
    "11.1": "id-qcs-pkixQCSyntax-v1",
    "11.2": "id-qcs-pkixQCSyntax-v2",
    "21.0": "id-ppl-anyLanguage",
    "21.1": "id-ppl-inheritAll",
    "21.2": "id-ppl-independent",
    "48.1": "id-ad-ocsp",
    "48.1.1": "id-pkix-ocsp-basic",
    "48.1.2": "id-pkix-ocsp-nonce",
    "48.1.3": "id-pkix-ocsp-crl",
    "48.1.4": "id-pkix-ocsp-response",
    "48.1.5": "id-pkix-ocsp-nocheck",
    "48.1.6": "id-pkix-ocsp-archive-cutoff",
    "48.1.7": "id-pkix-ocsp-service-locator",
    "48.1.8": "id-pkix-ocsp-pref-sig-algs",
    "48.1.9": "id-pkix-ocsp-extended-revoke",
    "48.2": "id-ad-caIssuers",
    "48.3": "id-ad-timeStamping",
    "48.5": "id-ad-caRepository",
    "48.10": "id-ad-rpkiManifest",
    "48.11": "id-ad-signedObject",
    "48.13": "id-ad-rpkiNotify",
}
"""RFC 5280 appendix A, RFC 6960, and the SMI registry for PKIX (RFC 7299)."""

_RSADSI = {
    "1.1": "rsaEncryption",
    "1.2": "md2WithRSAEncryption",
    "1.3": "md4WithRSAEncryption",
    "1.4": "md5WithRSAEncryption",
    "1.5": "sha1WithRSAEncryption",
    "1.7": "id-RSAES-OAEP",
    "1.8": "id-mgf1",
    "1.9": "id-pSpecified",
    "1.10": "id-RSASSA-PSS",
    "1.11": "sha256WithRSAEncryption",
    "1.12": "sha384WithRSAEncryption",
    "1.13": "sha512WithRSAEncryption",
    "1.14": "sha224WithRSAEncryption",
    "1.15": "sha512-224WithRSAEncryption",
    "1.16": "sha512-256WithRSAEncryption",
    "3.1": "dhKeyAgreement",
    "9.1": "emailAddress",
    "9.2": "unstructuredName",
    "9.7": "challengePassword",
    "9.8": "unstructuredAddress",
    "9.14": "extensionRequest",
    "9.15": "smimeCapabilities",
}
"""PKCS #1 (RFC 8017), #3, #9 (RFC 2985)."""

_KEYS_AND_HASHES = {
    "1.2.840.10040.4.1": "id-dsa",
    "1.2.840.10040.4.3": "id-dsa-with-sha1",
    "1.2.840.10045.1.1": "prime-field",
    "1.2.840.10045.1.2": "characteristic-two-field",
    "1.2.840.10045.2.1": "id-ecPublicKey",
    "1.2.840.10045.3.1.1": "secp192r1",
    "1.2.840.10045.3.1.7": "secp256r1",
    "1.2.840.10045.4.1": "ecdsa-with-SHA1",
    "1.2.840.10045.4.3.1": "ecdsa-with-SHA224",
    "1.2.840.10045.4.3.2": "ecdsa-with-SHA256",
    "1.2.840.10045.4.3.3": "ecdsa-with-SHA384",
    "1.2.840.10045.4.3.4": "ecdsa-with-SHA512",
    "1.2.840.10046.2.1": "dhpublicnumber",
    "1.2.840.113549.2.2": "md2",
    "1.2.840.113549.2.5": "md5",
    "1.3.14.3.2.26": "id-sha1",
    "1.3.14.3.2.29": "sha1WithRSASignature",
    "1.3.101.110": "id-X25519",
    "1.3.101.111": "id-X448",
    "1.3.101.112": "id-Ed25519",
    "1.3.101.113": "id-Ed448",
    "1.3.132.1.12": "id-ecDH",
    "1.3.132.1.13": "id-ecMQV",
    "1.3.132.0.1": "sect163k1",
    "1.3.132.0.15": "sect163r2",
    "1.3.132.0.10": "secp256k1",
    "1.3.132.0.16": "sect283k1",
    "1.3.132.0.17": "sect283r1",
    "1.3.132.0.26": "sect233k1",
    "1.3.132.0.27": "sect233r1",
    "1.3.132.0.33": "secp224r1",
    "1.3.132.0.34": "secp384r1",
    "1.3.132.0.35": "secp521r1",
    "1.3.132.0.36": "sect409k1",
    "1.3.132.0.37": "sect409r1",
    "1.3.132.0.38": "sect571k1",
    "1.3.132.0.39": "sect571r1",
    **{
        f"1.3.36.3.3.2.8.1.1.{arc + twisted}": f"brainpoolP{bits}{'rt'[twisted]}1"
        for arc, bits in ((1, 160), (3, 192), (5, 224), (7, 256), (9, 320), (11, 384), (13, 512))
        for twisted in (0, 1)
    },
    "1.2.156.10197.1.301": "curveSM2",
    "1.2.156.10197.1.401": "sm3",
    "1.2.156.10197.1.501": "SM2-with-SM3",
    "1.2.643.2.2.3": "id-GostR3411-94-with-GostR3410-2001",
    "1.2.643.2.2.19": "id-GostR3410-2001",
    "1.2.643.7.1.1.1.1": "id-tc26-gost3410-12-256",
    "1.2.643.7.1.1.1.2": "id-tc26-gost3410-12-512",
    "1.2.643.7.1.1.3.2": "id-tc26-signwithdigest-gost3410-12-256",
    "1.2.643.7.1.1.3.3": "id-tc26-signwithdigest-gost3410-12-512",
    "1.2.840.113549.1.9.16.3.17": "id-alg-hss-lms-hashsig",
    "1.3.6.1.5.5.7.6.30": "id-RSASSA-PSS-SHAKE128",
    "1.3.6.1.5.5.7.6.31": "id-RSASSA-PSS-SHAKE256",
    "1.3.6.1.5.5.7.6.32": "id-ecdsa-with-shake128",
    "1.3.6.1.5.5.7.6.33": "id-ecdsa-with-shake256",
    "1.3.6.1.5.5.7.6.34": "id-alg-xmss-hashsig",
    "1.3.6.1.5.5.7.6.35": "id-alg-xmssmt-hashsig",
}
"""RFC 3279, 5480, 5758, 8410, 8692, 9802; SEC 2; Brainpool in RFC 5639; GOST in RFC 9215; SM2 in GM/T 0006."""

_NIST = {
    "2.1": "id-sha256",
    "2.2": "id-sha384",
    "2.3": "id-sha512",
    "2.4": "id-sha224",
    "2.5": "id-sha512-224",
    "2.6": "id-sha512-256",
    "2.7": "id-sha3-224",
    "2.8": "id-sha3-256",
    "2.9": "id-sha3-384",
    "2.10": "id-sha3-512",
    "2.11": "id-shake128",
    "2.12": "id-shake256",
    "3.1": "id-dsa-with-sha224",
    "3.2": "id-dsa-with-sha256",
    "3.3": "id-dsa-with-sha384",
    "3.4": "id-dsa-with-sha512",
    "3.9": "id-ecdsa-with-sha3-224",
    "3.10": "id-ecdsa-with-sha3-256",
    "3.11": "id-ecdsa-with-sha3-384",
    "3.12": "id-ecdsa-with-sha3-512",
    "3.13": "id-rsassa-pkcs1-v1-5-with-sha3-224",
    "3.14": "id-rsassa-pkcs1-v1-5-with-sha3-256",
    "3.15": "id-rsassa-pkcs1-v1-5-with-sha3-384",
    "3.16": "id-rsassa-pkcs1-v1-5-with-sha3-512",
    "3.17": "id-ml-dsa-44",
    "3.18": "id-ml-dsa-65",
    "3.19": "id-ml-dsa-87",
    "3.20": "id-slh-dsa-sha2-128s",
    "3.21": "id-slh-dsa-sha2-128f",
    "3.22": "id-slh-dsa-sha2-192s",
    "3.23": "id-slh-dsa-sha2-192f",
    "3.24": "id-slh-dsa-sha2-256s",
    "3.25": "id-slh-dsa-sha2-256f",
    "3.26": "id-slh-dsa-shake-128s",
    "3.27": "id-slh-dsa-shake-128f",
    "3.28": "id-slh-dsa-shake-192s",
    "3.29": "id-slh-dsa-shake-192f",
    "3.30": "id-slh-dsa-shake-256s",
    "3.31": "id-slh-dsa-shake-256f",
    "3.32": "id-hash-ml-dsa-44-with-sha512",
    "3.33": "id-hash-ml-dsa-65-with-sha512",
    "3.34": "id-hash-ml-dsa-87-with-sha512",
    "4.1": "id-alg-ml-kem-512",
    "4.2": "id-alg-ml-kem-768",
    "4.3": "id-alg-ml-kem-1024",
}
"""NIST's Computer Security Objects Register; RFC 9881, 9909, 9935."""

_MICROSOFT = {
    "10.3.1": "certTrustListSigning",
    "10.3.3": "serverGatedCrypto (Microsoft)",
    "10.3.4": "encryptedFileSystem",
    "10.3.12": "documentSigning (Microsoft)",
    "20.2": "enrollCertTypeExtension",
    "20.2.2": "smartcardLogon",
    "20.2.3": "userPrincipalName",
    "21.1": "cAKeyCertIndexPair",
    "21.2": "certSrvPreviousCertHash",
    "21.7": "certificateTemplate",
    "21.10": "applicationCertPolicies",
    "21.11": "applicationPolicyMappings",
    "21.12": "applicationPolicyConstraints",
    "25.1": "ntdsReplication",
    "25.2": "ntdsCASecurityExt",
    "25.2.1": "ntdsObjectSid",
    "54.1.2": "remoteDesktopAuthentication",
    "60.2.1.1": "jurisdictionLocalityName",
    "60.2.1.2": "jurisdictionStateOrProvinceName",
    "60.2.1.3": "jurisdictionCountryName",
}
"""Microsoft's cryptography OIDs; the jurisdiction names are used by the EV guidelines (section 7.1.4.2.4)."""

_OTHERS = {
    "0.9.2342.19200300.100.1.1": "userid",
    "0.9.2342.19200300.100.1.3": "rfc822Mailbox",
    "0.9.2342.19200300.100.1.25": "domainComponent",
    "0.4.0.1862.1.1": "id-etsi-qcs-QcCompliance",
    "0.4.0.1862.1.2": "id-etsi-qcs-QcLimitValue",
    "0.4.0.1862.1.3": "id-etsi-qcs-QcRetentionPeriod",
    "0.4.0.1862.1.4": "id-etsi-qcs-QcSSCD",
    "0.4.0.1862.1.5": "id-etsi-qcs-QcPDS",
    "0.4.0.1862.1.6": "id-etsi-qcs-QcType",
    "0.4.0.1862.1.6.1": "id-etsi-qct-esign",
    "0.4.0.1862.1.6.2": "id-etsi-qct-eseal",
    "0.4.0.1862.1.6.3": "id-etsi-qct-web",
    "0.4.0.1862.1.7": "id-etsi-qcs-QcCClegislation",
    "0.4.0.19495.2": "id-etsi-psd2-qcStatement",
    "1.2.643.3.131.1.1": "INN",
    "1.2.643.100.1": "OGRN",
    "1.2.643.100.3": "SNILS",
    "1.2.643.100.111": "subjectSignTool",
    "1.2.643.100.112": "issuerSignTool",
    "1.2.840.113533.7.65.0": "entrustVersInfo",
    "1.3.36.8.3.3": "id-isismtt-at-admission",
    "1.3.6.1.4.1.11129.2.1.17": "androidKeyAttestation",
    "1.3.6.1.4.1.11129.2.4.2": "SignedCertificateTimestampList",
    "1.3.6.1.4.1.11129.2.4.3": "precertificatePoison",
    "1.3.6.1.4.1.11129.2.4.4": "precertificateSigning",
    "1.3.6.1.4.1.11129.2.4.5": "SignedCertificateTimestampList (OCSP)",
    "1.3.6.1.4.1.11129.2.5.3": "googleInternetAuthorityPolicy",
    "1.3.6.1.4.1.44363.44": "delegationUsage",
    "1.3.6.1.4.1.44947.1.1.1": "isrgDomainValidated",
    "2.16.840.1.101.2.1.1.22": "id-keyExchangeAlgorithm",
    "2.16.840.1.113730.1.1": "netscape-cert-type",
    "2.16.840.1.113730.1.2": "netscape-base-url",
    "2.16.840.1.113730.1.3": "netscape-revocation-url",
    "2.16.840.1.113730.1.4": "netscape-ca-revocation-url",
    "2.16.840.1.113730.1.7": "netscape-cert-renewal-url",
    "2.16.840.1.113730.1.8": "netscape-ca-policy-url",
    "2.16.840.1.113730.1.12": "netscape-ssl-server-name",
    "2.16.840.1.113730.1.13": "netscape-comment",
    "2.16.840.1.113730.4.1": "serverGatedCrypto (Netscape)",
    "2.16.840.1.113733.1.7.23.6": "verisignExtendedValidation",
    "2.23.140.1.1": "extended-validation",
    "2.23.140.1.2.1": "domain-validated",
    "2.23.140.1.2.2": "organization-validated",
    "2.23.140.1.2.3": "individual-validated",
    "2.23.140.1.31": "cabf-TorServiceDescriptor",
    "2.23.140.3.1": "cabfOrganizationIdentifier",
}
"""ETSI EN 319 412-5, TS 119 495, RFC 6962, RFC 9345, Netscape, and the CA/Browser Forum."""

OIDS: dict[str, str] = {
    **_under("2.5.4", _ATTRIBUTES),
    **_under("2.5.29", _CERTIFICATE_EXTENSIONS),
    **_under("1.3.6.1.5.5.7", _PKIX),
    **_under("1.2.840.113549.1", _RSADSI),
    **_under("2.16.840.1.101.3.4", _NIST),
    **_under("1.3.6.1.4.1.311", _MICROSOFT),
    **_KEYS_AND_HASHES,
    **_OTHERS,
}
"""Dotted identifier to name."""
