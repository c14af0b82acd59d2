"""What the sections of the RFCs are about that the dissectors cite: facts from their tables of contents.

A citation is only worth something if it can be followed. `SECTIONS` has every RFC that is cited, and of each the
sections, with the title (of some, its beginning) by which a reader of the RFC finds them.
"""

from __future__ import annotations

import re

TABLE = """
RFC 1035 Domain Names - Implementation and Specification
    2.3.4 Size limits
    4.1.4 Message compression
RFC 1123 Requirements for Internet Hosts - Application and Support
    2.1 Host Names and Numbers
RFC 1950 ZLIB Compressed Data Format Specification version 3.3
    2.2 Data format
RFC 1951 DEFLATE Compressed Data Format Specification version 1.3
RFC 1952 GZIP file format specification version 4.3
RFC 2045 MIME Part One: Format of Internet Message Bodies
    6 Content-Transfer-Encoding Header Field
RFC 2046 MIME Part Two: Media Types
    5.1 Multipart Media Type
    5.1.1 Common Syntax
RFC 2246 The TLS Protocol Version 1.0
    5 HMAC and the pseudorandom function
    6.2.1 Fragmentation
    7.4.3 Server key exchange message
    7.4.8 Certificate verify
    7.4.9 Finished
    A.5 The CipherSuite
RFC 2397 The "data" URL scheme
RFC 2585 Internet X.509 PKI Operational Protocols: FTP and HTTP
    4 MIME registrations
RFC 2712 Addition of Kerberos Cipher Suites to TLS
RFC 2985 PKCS #9: Selected Object Classes and Attribute Types Version 2.0
RFC 3161 Internet X.509 PKI Time-Stamp Protocol
RFC 3279 Algorithms and Identifiers for the Internet X.509 PKI Certificate and CRL Profile
    2.2.1 RSA Signature Algorithm
    2.2.3 ECDSA Signature Algorithm
RFC 3280 Internet X.509 PKI Certificate and CRL Profile
    4.2.1.4 Private Key Usage Period
    5.3.2 Hold Instruction Code
RFC 3610 Counter with CBC-MAC (CCM)
RFC 3739 Internet X.509 PKI: Qualified Certificates Profile
    3.2.6 Qualified Certificate Statements
RFC 3749 TLS Protocol Compression Methods
    2 Compression Methods
RFC 3779 X.509 Extensions for IP Addresses and AS Identifiers
    2.2 IP Address Delegation Extension: Specification
    2.2.3.8 Element addressPrefix and Type IPAddress
    3.2 Autonomous System Identifier Delegation Extension: Specification
RFC 3943 TLS Protocol Compression Using Lempel-Ziv-Stac (LZS)
    2 Compression Methods
RFC 3986 Uniform Resource Identifier (URI): Generic Syntax
    3.2.2 Host
RFC 4055 Additional Algorithms and Identifiers for RSA Cryptography
    1.2 RSA Public Keys
    5 PKCS #1 Version 1.5 Signature Algorithm
RFC 4162 Addition of SEED Cipher Suites to TLS
    2 Proposed Cipher Suites
RFC 4262 X.509 Certificate Extension for S/MIME Capabilities
    2 S/MIME Capabilities Extension
RFC 4279 Pre-Shared Key Ciphersuites for TLS
    2 PSK Key Exchange Algorithm
    3 DHE_PSK Key Exchange Algorithm
    4 RSA_PSK Key Exchange Algorithm
RFC 4346 The TLS Protocol Version 1.1
    1.1 Differences from TLS 1.0
    6.2.1 Fragmentation
    6.2.3.2 CBC Block Cipher
    7.4.3 Server Key Exchange Message
    7.4.4 Certificate request
RFC 4347 Datagram Transport Layer Security
    4.1 Record Layer
RFC 4492 Elliptic Curve Cryptography (ECC) Cipher Suites for TLS
    4 TLS Extensions for ECC
    5.1.1 Supported Elliptic Curves Extension
    5.4 Server Key Exchange
    6 Cipher Suites
RFC 4514 LDAP: String Representation of Distinguished Names
    2.4 Converting an AttributeValue from ASN.1 to a String
    3 Parsing a String Back to a Distinguished Name
RFC 4680 TLS Handshake Message for Supplemental Data
    2 Supplemental Data Handshake Message
RFC 4681 TLS User Mapping Extension
    2 User Mapping Extension
RFC 4785 Pre-Shared Key (PSK) Ciphersuites with NULL Encryption for TLS
    2 Cipher Usage
RFC 5054 Using the Secure Remote Password (SRP) Protocol for TLS Authentication
    2.7 Cipher Suites
    2.8 New Message Structures
    2.8.1 Client Hello
RFC 5077 TLS Session Resumption without Server-Side State
    3.1 Overview
    3.2 SessionTicket TLS Extension
    3.3 NewSessionTicket Handshake Message
RFC 5116 An Interface and Algorithms for Authenticated Encryption
RFC 5246 The TLS Protocol Version 1.2
    5 HMAC and the Pseudorandom Function
    6.2.1 Fragmentation
    6.2.3 Record Payload Protection
    6.2.3.1 Null or Standard Stream Cipher
    6.2.3.2 CBC Block Cipher
    6.2.3.3 AEAD Ciphers
    6.3 Key Calculation
    7.1 Change Cipher Spec Protocol
    7.2.1 Closure Alerts
    7.2.2 Error Alerts
    7.3 Handshake Protocol Overview
    7.4.1.1 Hello Request
    7.4.1.2 Client Hello
    7.4.1.3 Server Hello
    7.4.1.4.1 Signature Algorithms
    7.4.2 Server Certificate
    7.4.3 Server Key Exchange Message
    7.4.4 Certificate Request
    7.4.5 Server Hello Done
    7.4.6 Client Certificate
    7.4.7 Client Key Exchange Message
    7.4.7.1 RSA-Encrypted Premaster Secret Message
    7.4.7.2 Client Diffie-Hellman Public Value
    7.4.8 Certificate Verify
    7.4.9 Finished
    8.1 Computing the Master Secret
    10 Application Data Protocol
    A.5 The Cipher Suite
    C Cipher Suite Definitions
    E.1 Compatibility with TLS 1.0/1.1 and SSL 3.0
    F.1.1.1 Anonymous Key Exchange
RFC 5280 Internet X.509 PKI Certificate and CRL Profile
    4.1 Basic Certificate Fields
    4.1.1.1 tbsCertificate
    4.1.1.2 signatureAlgorithm
    4.1.1.3 signatureValue
    4.1.2.1 Version
    4.1.2.2 Serial Number
    4.1.2.3 Signature
    4.1.2.4 Issuer
    4.1.2.5 Validity
    4.1.2.5.1 UTCTime
    4.1.2.5.2 GeneralizedTime
    4.1.2.6 Subject
    4.1.2.7 Subject Public Key Info
    4.1.2.8 Unique Identifiers
    4.2 Certificate Extensions
    4.2.1.1 Authority Key Identifier
    4.2.1.2 Subject Key Identifier
    4.2.1.3 Key Usage
    4.2.1.4 Certificate Policies
    4.2.1.5 Policy Mappings
    4.2.1.6 Subject Alternative Name
    4.2.1.7 Issuer Alternative Name
    4.2.1.8 Subject Directory Attributes
    4.2.1.9 Basic Constraints
    4.2.1.10 Name Constraints
    4.2.1.11 Policy Constraints
    4.2.1.12 Extended Key Usage
    4.2.1.13 CRL Distribution Points
    4.2.1.14 Inhibit anyPolicy
    4.2.1.15 Freshest CRL
    4.2.2.1 Authority Information Access
    4.2.2.2 Subject Information Access
    5.2.3 CRL Number
    5.2.4 Delta CRL Indicator
    5.2.5 Issuing Distribution Point
    5.3.1 Reason Code
    5.3.2 Invalidity Date
    5.3.3 Certificate Issuer
    6 Certification Path Validation
    6.1 Basic Path Validation
    7.2 Internationalized Domain Names in GeneralName
    7.4 Internationalized Resource Identifiers
    A Pseudo-ASN.1 Structures and OIDs
RFC 5288 AES Galois Counter Mode (GCM) Cipher Suites for TLS
    3 AES-GCM Cipher Suites
RFC 5289 TLS Elliptic Curve Cipher Suites with SHA-256/384 and AES-GCM
    3 Cipher Suites
    3.1 HMAC-Based Cipher Suites
    3.2 Galois Counter Mode-Based Cipher Suites
RFC 5469 DES and IDEA Cipher Suites for TLS
    2 DES Cipher Suites
    3 IDEA Cipher Suite
    4 Security Considerations
RFC 5480 Elliptic Curve Cryptography Subject Public Key Information
    2.1.1 Unrestricted Algorithm Identifier and Parameters
    2.1.1.1 Named Curve
    2.1.2 Restricted Algorithm Identifiers and Parameters
RFC 5487 Pre-Shared Key Cipher Suites for TLS with SHA-256/384 and AES-GCM
    2 PSK, DHE_PSK, and RSA_PSK Key Exchange Algorithms with AES-GCM
    3 PSK, DHE_PSK, and RSA_PSK Key Exchange with SHA-256/384
RFC 5489 ECDHE_PSK Cipher Suites for TLS
    3 ECDHE_PSK-Based Cipher Suites
RFC 5639 ECC Brainpool Standard Curves and Curve Generation
RFC 5746 TLS Renegotiation Indication Extension
    1 Introduction
    3.2 Extension Definition
    3.3 Renegotiation Protection Request Signaling Cipher Suite Value
    3.4 Client Behavior: Initial Handshake
    3.6 Server Behavior: Initial Handshake
RFC 5758 Additional Algorithms and Identifiers for DSA and ECDSA
    3.2 ECDSA Signature Algorithm
RFC 5764 DTLS Extension to Establish Keys for SRTP
    4.1 The use_srtp Extension
    4.1.1 use_srtp Extension Definition
    4.1.2 SRTP Protection Profiles
    4.1.3 srtp_mki value
RFC 5869 HMAC-based Extract-and-Expand Key Derivation Function (HKDF)
    2.2 Step 1: Extract
    2.3 Step 2: Expand
RFC 5878 TLS Authorization Extensions
    2 Authorization Extension Types
RFC 5890 Internationalized Domain Names for Applications (IDNA): Definitions
    2.3.2.1 IDNA-valid strings, A-label, and U-label
RFC 5912 New ASN.1 Modules for PKIX
RFC 5932 Camellia Cipher Suites for TLS
    2 Proposed Cipher Suites
RFC 6066 TLS Extensions: Extension Definitions
    3 Server Name Indication
    4 Maximum Fragment Length Negotiation
    5 Client Certificate URLs
    6 Trusted CA Indication
    7 Truncated HMAC
    8 Certificate Status Request
    9 Error Alerts
RFC 6091 Using OpenPGP Keys for TLS Authentication
    3.1 Client Hello
RFC 6101 The SSL Protocol Version 3.0
    5.2.1 Fragmentation
    5.4.2 Error Alerts
    5.6.8 Certificate Verify
    5.6.9 Finished
RFC 6176 Prohibiting SSL Version 2.0
RFC 6209 Addition of the ARIA Cipher Suites to TLS
    2 Proposed Cipher Suites
RFC 6265 HTTP State Management Mechanism
    4.1 Set-Cookie
    4.2 Cookie
RFC 6266 Use of the Content-Disposition Header Field in HTTP
    4.3 Disposition Parameter: 'Filename'
RFC 6347 Datagram Transport Layer Security Version 1.2
    4.1 Record Layer
    4.2.1 Denial-of-Service Countermeasures
RFC 6367 Addition of the Camellia Cipher Suites to TLS
    2 Proposed Cipher Suites
    2.2 GCM-Based Cipher Suites
RFC 6455 The WebSocket Protocol
    4.1 Client Requirements
    4.2.2 Sending the Server's Opening Handshake
    5.1 Overview
    5.2 Base Framing Protocol
    5.3 Client-to-Server Masking
    5.4 Fragmentation
    5.5 Control Frames
    5.5.1 Close
    7.4 Status Codes
    8.1 Handling of Errors in UTF-8-Encoded Data
    9.1 Negotiating Extensions
RFC 6520 TLS and DTLS Heartbeat Extension
    2 Heartbeat Hello Extension
    3 Heartbeat Protocol
    4 Heartbeat Request and Response Messages
RFC 6655 AES-CCM Cipher Suites for TLS
    3 RSA-Based AES-CCM Cipher Suites
    4 PSK-Based AES-CCM Cipher Suites
RFC 6761 Special-Use Domain Names
RFC 6762 Multicast DNS
RFC 6797 HTTP Strict Transport Security (HSTS)
    6.1 Strict-Transport-Security HTTP Response Header Field
RFC 6838 Media Type Specifications and Registration Procedures
    4.2.8 Structured Syntax Name Suffixes
RFC 6891 Extension Mechanisms for DNS (EDNS(0))
    6.1 OPT Record Definition
RFC 6960 Online Certificate Status Protocol - OCSP
    2.2 Response
    2.3 Exception Cases
    4 Details of the Protocol
    4.1.1 ASN.1 Specification of the OCSP Request
    4.2 Response Syntax
    4.2.1 ASN.1 Specification of the OCSP Response
    4.2.2.1 Time
    4.2.2.2 Authorized Responders
    4.2.2.2.1 Revocation Checking of an Authorized Responder
    4.4 Extensions
    4.4.2 CRL References
    4.4.3 Acceptable Response Types
    4.4.4 Archive Cutoff
    4.4.6 Service Locator
    4.4.7 Preferred Signature Algorithms
    4.4.8 Extended Revoked Definition
    C MIME Registrations
RFC 6961 TLS Multiple Certificate Status Request Extension
    2.2 Multiple Certificate Status Request Record
RFC 6962 Certificate Transparency
    2.1.4 Signatures
    3 Log Format and Operation
    3.1 Log Entries
    3.2 Structure of the Signed Certificate Timestamp
    3.3 Including the Signed Certificate Timestamp in the TLS Handshake
    3.3.1 TLS Extension
RFC 7027 ECC Brainpool Curves for TLS
    2 Brainpool NamedCurve Types
RFC 7250 Using Raw Public Keys in TLS and DTLS
    3 Structure of the Raw Public Key Extension
RFC 7251 AES-CCM ECC Cipher Suites for TLS
    2 ECC-Based AES-CCM Cipher Suites
RFC 7299 Object Identifier Registry for the PKIX Working Group
RFC 7301 TLS Application-Layer Protocol Negotiation Extension
    3.1 The Application-Layer Protocol Negotiation Extension
    3.2 Protocol Selection
    6 IANA Considerations
RFC 7366 Encrypt-then-MAC for TLS and DTLS
    2 Negotiating Encrypt-then-MAC
    3 Applying Encrypt-then-MAC
RFC 7464 JavaScript Object Notation (JSON) Text Sequences
    2.2 JSON Text Sequence Encoding
RFC 7465 Prohibiting RC4 Cipher Suites
    2 Changes to TLS
RFC 7468 Textual Encodings of PKIX, PKCS, and CMS Structures
RFC 7469 Public Key Pinning Extension for HTTP
RFC 7507 TLS Fallback Signaling Cipher Suite Value (SCSV)
    2 Protocol Values
    3 Server Behavior
    4 Client Behavior
RFC 7515 JSON Web Signature (JWS)
RFC 7518 JSON Web Algorithms (JWA)
    3.6 Using the Algorithm "none"
RFC 7519 JSON Web Token (JWT)
    2 Terminology
RFC 7540 Hypertext Transfer Protocol Version 2 (HTTP/2)
    3.2 Starting HTTP/2 for "http" URIs
    3.2.1 HTTP2-Settings Header Field
RFC 7541 HPACK: Header Compression for HTTP/2
    4.1 Calculating Table Size
    4.2 Maximum Table Size
    6 Binary Format
    6.3 Dynamic Table Size Update
    A Static Table Definition
RFC 7568 Deprecating Secure Sockets Layer Version 3.0
    3 Do Not Use SSL Version 3.0
RFC 7578 Returning Values from Forms: multipart/form-data
RFC 7627 TLS Session Hash and Extended Master Secret Extension
    1 Introduction
    3 The TLS Session Hash
    4 The Extended Master Secret
    5.1 Extension Definition
RFC 7633 X.509v3 TLS Feature Extension
    4 Syntax
RFC 7685 A TLS ClientHello Padding Extension
    3 Padding Extension
RFC 7692 Compression Extensions for WebSocket
    6 Framing
    7.2.2 Decompression
    7.2.3.4 Using a DEFLATE Block with "BFINAL" Set to 1
RFC 7714 AES-GCM Authenticated Encryption in SRTP
    14.2 DTLS-SRTP
RFC 7838 HTTP Alternative Services
    3 The Alt-Svc HTTP Header Field
    4 The ALTSVC HTTP/2 Frame
RFC 7905 ChaCha20-Poly1305 Cipher Suites for TLS
    2 ChaCha20 Cipher Suites
RFC 7918 TLS False Start
RFC 7919 Negotiated Finite Field Diffie-Hellman Ephemeral Parameters for TLS
    2 Named Group Overview
RFC 7924 TLS Cached Information Extension
    3 Cached Information Extension
    5 Fingerprint Calculation
RFC 7932 Brotli Compressed Data Format
RFC 8017 PKCS #1: RSA Cryptography Specifications Version 2.2
    3.1 RSA Public Key
    A.1.1 RSA Public Key Syntax
    A.2.3 RSASSA-PSS
    B.1 Hash Functions
RFC 8187 Indicating Character Encoding and Language for HTTP Header Field Parameters
    3.2.1 Definition
RFC 8188 Encrypted Content-Encoding for HTTP
RFC 8235 Schnorr Non-interactive Zero-Knowledge Proof
RFC 8259 The JavaScript Object Notation (JSON) Data Interchange Format
    4 Objects
    8.1 Character Encoding
RFC 8269 The ARIA Algorithm and Its Use with SRTP
    6 IANA Considerations
RFC 8336 The ORIGIN HTTP/2 Frame
    2 The ORIGIN HTTP/2 Frame
    2.1 Syntax
RFC 8360 RPKI Validation Reconsidered
    4.2.2.1 OID for id-pe-ipAddrBlocks-v2
    4.2.2.3 OID for id-pe-autonomousSysIds-v2
RFC 8375 Special-Use Domain 'home.arpa.'
RFC 8410 Algorithm Identifiers for Ed25519, Ed448, X25519, and X448
    3 Curve25519 and Curve448 Algorithm Identifiers
RFC 8422 ECC Cipher Suites for TLS Versions 1.2 and Earlier
    5.1.1 Supported Elliptic Curves Extension
    5.1.2 Supported Point Formats Extension
    5.1.3 The signature_algorithms Extension and EdDSA
    5.4 Server Key Exchange
    5.5 Certificate Request
    5.7 Client Key Exchange
    5.10 ECDH, ECDSA, and RSA Computations
    6 Cipher Suites
RFC 8441 Bootstrapping WebSockets with HTTP/2
    3 The SETTINGS_ENABLE_CONNECT_PROTOCOL SETTINGS Parameter
    4 The Extended CONNECT Method
RFC 8442 ECDHE_PSK with AES-GCM and AES-CCM Cipher Suites
    3 ECDHE_PSK with AES-GCM and AES-CCM Cipher Suites
RFC 8446 The TLS Protocol Version 1.3
    1.2 Major Differences from TLS 1.2
    2 Protocol Overview
    2.2 Resumption and Pre-Shared Key (PSK)
    2.3 0-RTT Data
    3 Presentation Language
    3.4 Vectors
    4 Handshake Protocol
    4.1 Key Exchange Messages
    4.1.2 Client Hello
    4.1.3 Server Hello
    4.1.4 Hello Retry Request
    4.2 Extensions
    4.2.1 Supported Versions
    4.2.2 Cookie
    4.2.3 Signature Algorithms
    4.2.4 Certificate Authorities
    4.2.5 OID Filters
    4.2.6 Post-Handshake Client Authentication
    4.2.7 Supported Groups
    4.2.8 Key Share
    4.2.8.2 ECDHE Parameters
    4.2.9 Pre-Shared Key Exchange Modes
    4.2.10 Early Data Indication
    4.2.11 Pre-Shared Key Extension
    4.2.11.1 Ticket Age
    4.2.11.2 PSK Binder
    4.3.1 Encrypted Extensions
    4.3.2 Certificate Request
    4.4 Authentication Messages
    4.4.1 The Transcript Hash
    4.4.2 Certificate
    4.4.2.1 OCSP Status and SCT Extensions
    4.4.2.4 Receiving a Certificate Message
    4.4.3 Certificate Verify
    4.4.4 Finished
    4.5 End of Early Data
    4.6 Post-Handshake Messages
    4.6.1 New Session Ticket Message
    4.6.2 Post-Handshake Authentication
    4.6.3 Key and Initialization Vector Update
    5 Record Protocol
    5.1 Record Layer
    5.2 Record Payload Protection
    5.3 Per-Record Nonce
    6 Alert Protocol
    6.1 Closure Alerts
    6.2 Error Alerts
    7.1 Key Schedule
    7.2 Updating Traffic Secrets
    7.3 Traffic Key Calculation
    7.5 Exporters
    8 0-RTT and Anti-Replay
    9.3 Protocol Invariants
    B.4 Cipher Suites
    D.4 Middlebox Compatibility Mode
RFC 8449 Record Size Limit Extension for TLS
    4 The "record_size_limit" Extension
RFC 8471 The Token Binding Protocol Version 1.0
    3.3 TokenBinding.signature
RFC 8472 TLS Extension for Token Binding Protocol Negotiation
    2 Token Binding Negotiation ClientHello Extension
RFC 8484 DNS Queries over HTTPS (DoH)
    4.1 The HTTP Request
RFC 8492 Secure Password Ciphersuites for TLS
    4 Specification of the TLS-PWD Handshake
    4.3 Protecting the Username
    4.4 Fixing the Password Element
    5 Ciphersuite Definition
RFC 8551 S/MIME Version 4.0 Message Specification
RFC 8555 Automatic Certificate Management Environment (ACME)
    9.1 Media Type: application/pem-certificate-chain
RFC 8672 TLS Server Identity Pinning with Tickets
    3 Message Definitions
RFC 8701 Applying GREASE to TLS Extensibility
    2 GREASE Values
    3 Client-Initiated Extension Points
RFC 8723 Double Encryption Procedures for SRTP
    10.1 DTLS-SRTP
RFC 8734 ECC Brainpool Curves for TLS Version 1.3
    3 Brainpool NamedGroup Types
    4 Brainpool SignatureScheme Types
RFC 8737 ACME TLS Application-Layer Protocol Negotiation (ALPN) Challenge Extension
    3 TLS with Application-Layer Protocol Negotiation (TLS ALPN) Challenge
RFC 8742 Concise Binary Object Representation (CBOR) Sequences
RFC 8773 TLS 1.3 Extension for Certificate-Based Authentication with an External Pre-Shared Key
    5 Certificate with External PSK Extension
RFC 8844 Unknown Key-Share Attacks on Uses of TLS with SDP
    3.2 The external_id_hash TLS Extension
    4.3 The external_session_id TLS Extension
RFC 8870 Encrypted Key Transport for DTLS and SRTP
    5.2 SRTP EKT Key Transport Extensions to DTLS-SRTP
RFC 8878 Zstandard Compression and the 'application/zstd' Media Type
    3.1.1.1.2 Window Descriptor
    3.1.1.2 Blocks
RFC 8879 TLS Certificate Compression
    3 Negotiating Certificate Compression
    4 Compressed Certificate Message
    7.3 Compression Algorithms
RFC 8902 TLS Authentication Using Intelligent Transport System (ITS) Certificates
    4 TLS Client and Server Handshake
RFC 8949 Concise Binary Object Representation (CBOR)
    3 Specification of the CBOR Encoding
    3.2 Indefinite Lengths for Some Major Types
    3.2.3 Indefinite-Length Byte Strings and Text Strings
    8 Diagnostic Notation
RFC 8996 Deprecating TLS 1.0 and TLS 1.1
    4 Do Not Use TLS 1.0
    5 Do Not Use TLS 1.1
RFC 8998 ShangMi (SM) Cipher Suites for TLS 1.3
    2 Algorithm Identifiers
    3.2.1 SM2 Signature Scheme
    3.3.1 Hello Messages
RFC 9000 QUIC: A UDP-Based Multiplexed and Secure Transport
    15 Versions
    16 Variable-Length Integer Encoding
    18 Transport Parameter Encoding
    18.1 Reserved Transport Parameters
    18.2 Transport Parameter Definitions
RFC 9001 Using TLS to Secure QUIC
    8.2 QUIC Transport Parameters Extension
RFC 9102 TLS DNSSEC Chain Extension
    2 DNSSEC Authentication Chain Extension
RFC 9110 HTTP Semantics
    5 Fields
    5.3 Field Order
    5.5 Field Values
    5.6.1.2 Recipient Requirements
    5.6.2 Tokens
    6.5 Trailer Fields
    6.5.1 Limitations on Use of Trailers
    7.2 Host and :authority
    7.6.1 Connection
    7.8 Upgrade
    8.3 Content-Type
    8.3.1 Media Type
    8.4 Content-Encoding
    8.4.1 Content Codings
    8.4.1.1 Compress Coding
    8.4.1.2 Deflate Coding
    8.6 Content-Length
    9 Methods
    9.3.6 CONNECT
    10.1.1 Expect
    10.1.3 Referer
    10.1.5 User-Agent
    10.2.2 Location
    10.2.4 Server
    11.6.1 WWW-Authenticate
    11.6.2 Authorization
    14.6 Media Type multipart/byteranges
    15 Status Codes
    15.2 Informational 1xx
RFC 9112 HTTP/1.1
    2.1 Message Format
    2.2 Message Parsing
    2.3 HTTP Version
    3 Request Line
    3.2 Request Target
    3.2.3 authority-form
    4 Status Line
    5 Field Syntax
    5.2 Obsolete Line Folding
    6.1 Transfer-Encoding
    6.3 Message Body Length
    7.1 Chunked Transfer Coding
    7.2 Transfer Codings for Compression
    11.2 Request Smuggling
RFC 9113 HTTP/2
    3.4 HTTP/2 Connection Preface
    4.1 Frame Format
    5.1 Stream States
    5.1.1 Stream Identifiers
    6 Frame Definitions
    6.1 DATA
    6.2 HEADERS
    6.3 PRIORITY
    6.4 RST_STREAM
    6.5 SETTINGS
    6.5.2 Defined Settings
    6.6 PUSH_PROMISE
    6.7 PING
    6.8 GOAWAY
    6.9 WINDOW_UPDATE
    6.10 CONTINUATION
    7 Error Codes
    8.1 HTTP Message Framing
    8.2 HTTP Fields
    8.2.1 Field Validity
    8.2.2 Connection-Specific Header Fields
    8.3 HTTP Control Data
    8.3.1 Request Pseudo-Header Fields
    8.4 Server Push
    8.5 The CONNECT Method
    8.6 The Upgrade Header Field
RFC 9146 Connection Identifier for DTLS 1.2
    3 The "connection_id" Extension
    4 Record Layer Extensions
RFC 9147 The DTLS Protocol Version 1.3
    5.3 ClientHello Message
    7 ACK Message
    9 Connection ID Updates
RFC 9149 TLS Ticket Requests
    3 Ticket Requests
RFC 9150 TLS 1.3 Authentication and Integrity-Only Cipher Suites
RFC 9155 Deprecating MD5 and SHA-1 Signature Hashes in TLS 1.2 and DTLS 1.2
    2 Signature Algorithms
    4 Server Key Exchange
    5 Certificate Verify
RFC 9162 Certificate Transparency Version 2.0
    6.5 transparency_info TLS Extension
RFC 9180 Hybrid Public Key Encryption
    7.1 Key Encapsulation Mechanisms (KEMs)
    7.2 Key Derivation Functions (KDFs)
    7.3 Authenticated Encryption with Associated Data (AEAD) Functions
RFC 9189 GOST Cipher Suites for TLS 1.2
    4 Cipher Suite Definition
    4.2.4 ClientKeyExchange
    6 New Values for the TLS Supported Groups Registry
    7 New Values for the TLS ClientCertificateType Identifiers Registry
RFC 9215 Using GOST R 34.10-2012 and GOST R 34.11-2012 Algorithms with the Internet X.509 PKI
RFC 9218 Extensible Prioritization Scheme for HTTP
    2.1 Disabling RFC 7540 Priorities
    7.1 HTTP/2 PRIORITY_UPDATE Frame
RFC 9221 An Unreliable Datagram Extension to QUIC
    3 Transport Parameter
RFC 9261 Exported Authenticators in TLS
    4 Authenticator Request
RFC 9287 Greasing the QUIC Bit
    3 The Grease QUIC Bit Transport Parameter
RFC 9325 Recommendations for Secure Use of TLS and DTLS
    3.3 Compression
    3.5 Renegotiation in TLS 1.2
    4.1 General Guidelines
    4.2 Cipher Suites for TLS 1.2
    4.5 Public Key Length
    4.6 Truncated HMAC
RFC 9345 Delegated Credentials for TLS and DTLS
    4 Delegated Credentials
    4.1 Client and Server Behavior
    4.2 Certificate Requirements
RFC 9367 GOST Cipher Suites for TLS 1.3
    4 Cipher Suite Definition
    5 Signature Scheme Definition
RFC 9368 Compatible Version Negotiation for QUIC
    3 Version Information
RFC 9369 QUIC Version 2
    3.1 Version Field
RFC 9460 Service Binding and Parameter Specification via the DNS
    2.2 RDATA Wire Format
    2.4.1 SvcPriority
    14.3.2 Initial Contents
RFC 9461 Service Binding Mapping for DNS Servers
RFC 9525 Service Identity in TLS
    4.1 Rules
    6 Verifying Service Identity
    6.3 Matching the DNS Domain Name Portion
RFC 9540 Discovery of Oblivious Services via Service Binding Records
RFC 9598 Internationalized Email Addresses in X.509 Certificates
    3 Name Definitions
RFC 9608 No Revocation Available for X.509 Public Key Certificates
    2 The noRevAvail Certificate Extension
RFC 9649 WebP Image Format
    2 WebP Container Specification
RFC 9654 OCSP Nonce Extension
    2.1 Nonce Extension
RFC 9659 Window Sizing for Zstandard Content Encoding
RFC 9842 Compression Dictionary Transport
RFC 9846 The TLS Protocol Version 1.3
    6.2 Error Alerts
RFC 9849 TLS Encrypted Client Hello
    4 Encrypted ClientHello Configuration
    4.2 Configuration Extensions
    5 The "encrypted_client_hello" Extension
    5.1 Encoding the ClientHelloInner
    6.1.6 Handshaking with ClientHelloOuter
    6.2 GREASE ECH
    7.2.1 Sending HelloRetryRequest
RFC 9850 The SSLKEYLOGFILE Format for TLS
    2.1 Secret Labels for TLS 1.3
    2.2 Secret Labels for TLS 1.2
    2.3 Secret Labels for ECH
RFC 9881 Internet X.509 PKI - Algorithm Identifiers for ML-DSA
    2 Identifiers
RFC 9909 Internet X.509 PKI - Algorithm Identifiers for SLH-DSA
    3 Algorithm Identifiers
RFC 9935 Internet X.509 PKI - Algorithm Identifiers for ML-KEM
    3 Algorithm Identifiers
RFC 9954 Hybrid Key Exchange in TLS 1.3
    1 Introduction
RFC 9963 Legacy RSASSA-PKCS1-v1_5 Code Points for TLS 1.3
    3 PKCS#1 v1.5 SignatureScheme Types
"""
"""An RFC and its title; below it the sections, with theirs."""


def _sections() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for line in TABLE.strip().splitlines():
        if line.startswith("RFC "):
            _, number, _title = line.split(" ", 2)
            assert number not in found, number
            found[number] = below = {}
        else:
            section, title = line.split(maxsplit=1)
            assert re.fullmatch(r"(\d+|[A-Z])(\.\d+)*", section), line
            assert section not in below, line
            below[section] = title
    return found


SECTIONS = _sections()
"""By the RFC's number, then by the section's."""
