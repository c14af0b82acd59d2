"""Logs of Certificate Transparency by their IDs: which SCT is whose promise (RFC 6962 section 3.2).

Facts of Chromium's log list, version 85.110 of 2026-06-16 (components/certificate_transparency/data/log_list.json in
Chromium's sources, BSD licence), the logs that it calls usable, read-only or retired. Logs are opened for the
certificates that expire within a few months, so this table ages by design: a log that is not in it is shown by its ID
and is no worse for that. An ID is the SHA-256 hash of the log's key; each here was held against the key in that list.
"""

from __future__ import annotations

from base64 import b64encode


def log_name(log_id: bytes) -> str:
    """`Google Argon2026h1`: operator and name; empty for a log that is not known."""
    operator, name = LOGS.get(b64encode(log_id).decode(), ("", ""))
    return f"{operator} {name}".strip()


def operator_of(log_id: bytes) -> str:
    """`Google`: browsers want SCTs of two operators at least; empty where not known."""
    return LOGS.get(b64encode(log_id).decode(), ("", ""))[0]


LOGS: dict[str, tuple[str, str]] = {
    "DleUvPOuqT4zGyyZB7P3kN+bwj1xMiXdIaklrGHFTiE=": ("Google", "Argon2026h1"),
    "1219ENGn9XfCx+lf1wC/+YLJM1pl4dCzAXMXwMjFaXc=": ("Google", "Argon2026h2"),
    "1tWNqdAXU/NqSqDHV0kCr+vH3CzTjNn3ZMgMiRkenwI=": ("Google", "Argon2027h1"),
    "lpdkv1VYl633Q4doNwhCd+nwOtX2pPM2bkakPw/KqcY=": ("Google", "Xenon2026h1"),
    "2AlVO5RPev/IFhlvlE+Fq7D4/F6HVSYPFdEucrtFSxQ=": ("Google", "Xenon2026h2"),
    "RMK9DOkUDmSlyUoBkwpaobs1lw4A7hEWiWgqHETXtWY=": ("Google", "Xenon2027h1"),
    "yzj3FYl8hKFEX1vB3fvJbvKaWc1HCmkFhbDLFMMUWOc=": ("Cloudflare", "Nimbus2026"),
    "TGPcmOWcHauI9h6KPd6uj6tEozd7X5uUw/uhnPzBviY=": ("Cloudflare", "Nimbus2027"),
    "ZBHEbKQS7KeJHKICLgC8q08oB9QeNSer6v7VA8l9zfA=": ("DigiCert", "Wyvern2026h1"),
    "wjF+V0UZo0XufzjespBB68fCIVoiv3/Vta12mtkOUs0=": ("DigiCert", "Wyvern2026h2"),
    "ABpdGhwtk3W2SFV4+C9xoa5u7zl9KXyK4xV7yt7hoB4=": ("DigiCert", "Wyvern2027h1"),
    "N6oHzCFvLm2RnHCdJNj3MbAPKxR8YhzAkaX6GoTYFt0=": ("DigiCert", "Wyvern2027h2"),
    "SZybad4dfOz8Nt7Nh2SmuFuvCoeAGdFVUvvp6ynd+MM=": ("DigiCert", "Sphinx2026h1"),
    "lE5Dh/rswe+B8xkkJqgYZQHH0184AgE/cmd9VTcuGdg=": ("DigiCert", "Sphinx2026h2"),
    "RqI5Z8YNtkaHxm89+ZmUdpOmphEghFfVVefj0KHZtkY=": ("DigiCert", "Sphinx2027h1"),
    "H7D4qS2K3aEhd2wF4qouFbrLxitlOTaVV2qqtS4R0R0=": ("DigiCert", "Sphinx2027h2"),
    "JS+Uwisp6W6fQRpyBytpXFtS/5epDSVAu/zcUexN7gs=": ("Sectigo", "Mammoth2026h1"),
    "lLHBirDQV8R74KwEDh8svI3DdXJ7yVHyClJhJoY7pzw=": ("Sectigo", "Mammoth2026h2"),
    "VmzVo3a+g9/jQrZ1xJwjJJinabrDgsurSaOHfZqzLQE=": ("Sectigo", "Sabre2026h1"),
    "H1bRq5RwSkHdP+r99GmTVTAsFDG/5hNGCJ//rnldzC8=": ("Sectigo", "Sabre2026h2"),
    "0W6ppWgHfmY1oD83pd28A6U8QRIU1IgY9ekxsyPLlQQ=": ("Sectigo", "Elephant2026h1"),
    "r2eIO1ewTt2Pptl+9i6o64EKx3Fg8CReVdYML+eFhzo=": ("Sectigo", "Elephant2026h2"),
    "YEyar3p/d18B1Ab8kg3ImesLHH34yVIb+voXdzuXi8k=": ("Sectigo", "Elephant2027h1"),
    "okkM3NuOM6QAMhdg1tTVGiA2GR6nfZaL4mqKAPb///c=": ("Sectigo", "Elephant2027h2"),
    "FoMtq/CpJQ8P8DqlRf/Iv8gj0IdL9gQpJ/jnHzMT9fo=": ("Sectigo", "Tiger2026h1"),
    "yKPEf8ezrbk1awE/anoSbeM6TkOlxkb5l605dZkdz5o=": ("Sectigo", "Tiger2026h2"),
    "HJ9oLOn68EVpUPgbloqH3dsyENhM5siy44JSSsTPWZ8=": ("Sectigo", "Tiger2027h1"),
    "A4AqwmL24F4D+Lxve5hRMk/Xaj31t1lRdeIi+46b1fY=": ("Sectigo", "Tiger2027h2"),
    "GYbUxyiqb/66A294Kk0BkarOLXIxD67OXXBBLSVMx9Q=": ("Let's Encrypt", "Oak2026h1"),
    "rKswcGzr7IQx9BPS9JFfER5CJEOx8qaMTzwrO6ceAsM=": ("Let's Encrypt", "Oak2026h2"),
    "pcl4kl1XRheChw3YiWYLXFVki30AQPLsB2hR0YhpGfc=": ("Let's Encrypt", "Sycamore2026h1"),
    "bP5QGUOoXqkWvFLRM+TcyR7xQRx9JYQg0XOAnhgY6zo=": ("Let's Encrypt", "Sycamore2026h2"),
    "jspHC6zeavOiBrCkeoS3Rv4fxr+VPiXmm07kAkjzxug=": ("Let's Encrypt", "Sycamore2027h1"),
    "5eNiR9ku9K2jhYO1NZHbcp/C8ArktnRRdNPd/GqiU4g=": ("Let's Encrypt", "Sycamore2027h2"),
    "4yON8o2iiOCq4Kzw+pDJhfC2v/XSpSewAfwcRFjEtug=": ("Let's Encrypt", "Willow2026h1"),
    "qCbL4wrGNRJGUz/gZfFPGdluGQgTxB3ZbXkAsxI8VSc=": ("Let's Encrypt", "Willow2026h2"),
    "ooEAGHNOF24dR+CVQPOBulRml81jqENQcW64CU7a8Q0=": ("Let's Encrypt", "Willow2027h1"),
    "ppWirZJtb5lujvxJAUJX2LvwRqfWJYm4jcLXh2x45S8=": ("Let's Encrypt", "Willow2027h2"),
    "dNudWPfUfp39eHoWKpkcGM9pjafHKZGMmhiwRQ26RLw=": ("TrustAsia", "log2026a"),
    "Jbfv3qETAZPtkweXcKoyKiZiDeNayKp8dRl94LGp4GU=": ("TrustAsia", "log2026b"),
    "7drrgVxjITRJtHvlB3kFq9DZMUfCesUUazvFjkPptsc=": ("TrustAsia", "HETU2027"),
    "VzRIzG4dLA3JS2nyh9Hv5IPHolxQxTILuzrep29usEE=": ("TrustAsia", "Luoshu2027"),
    "cX6V88I4im2x44RJPTHhWqliCHYtQgDgBQzQZ7WmYeI=": ("Geomys", "Tuscolo2026h1"),
    "Rq+GPTs+5Z+ld96oJF02sNntIqIj9GF3QSKUUu6VUF8=": ("Geomys", "Tuscolo2026h2"),
    "WW5sM4aUsllyolbIoOjdkEp26Ag92oc7AQg4KBQ87lk=": ("Geomys", "Tuscolo2027h1"),
    "1d5V7roItgyf/BjFE75qYLoARga8WVuWu0T2LMV9Ofo=": ("Geomys", "Tuscolo2027h2"),
    "fz035/iSPY5xZb6w0+q+5yoivkbAy4TEFtTkuYJky8I=": ("IPng Networks", "Halloumi2026h1"),
    "JuNkblhpISO8ND9HJDWbN5LNJFqI2BXTkzP9mRirRyM=": ("IPng Networks", "Halloumi2026h2a"),
    "ROgi/CurDpLu0On61pZkYCd20Bdg4IkFCckjobA/w38=": ("IPng Networks", "Halloumi2027h1"),
    "CRV/Yy1Gx/dtlSZUk7wPALOVrF2zorJr+wQ9ukrGOJM=": ("IPng Networks", "Halloumi2027h2"),
    "GoudaUpXmMiZoMqIvfSPwLRWYMzDYA0fcfRp/8fRrKM=": ("IPng Networks", "Gouda2026h1"),
    "Goudaw/+v4G0eTnG0jEKhtbRAtTwRuIYLJ3jX14mJe8=": ("IPng Networks", "Gouda2026h2"),
    "Gouda43XkdHNBUnttgNV1ga2T60w23H+eI8Px8j7xLE=": ("IPng Networks", "Gouda2027h1"),
    "GoudaVNi2GSSp7niI2BuNOzp4xC6NPuTBXhdKc5XV+s=": ("IPng Networks", "Gouda2027h2"),
}
"""ID in base64, as log lists write it: operator, name."""
