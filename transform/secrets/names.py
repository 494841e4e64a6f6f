"""Which names announce a credential. The policy's list of refused fields can be compared with these."""

import re
from typing import Final


def _set_of(words: str) -> frozenset[str]:
    """Make a set of words that are written with blanks between them."""
    return frozenset(words.split())


CREDENTIAL_WORDS: Final = _set_of(
    "apikey assertion auth authorization bearer ccn ccnum clave contrasena cookie cookies credential credentials csc cvc cvv "
    "haslo heslo hmac iban jsessionid jwt kennwort key mdp mfa motdepasse oauth otp pass passcode passphrase passwd password "
    "passwort passwrd phpsessid pin psw pswd pswrd pw pwd samlart samlresponse secret senha sess sessid session sessionid sid "
    "signature ssn ticket token totp wachtwoord"
)
"""One of these as a word of a name is enough, in some languages: ``access_token``, ``apiKey``, ``user[password]``, ``token2``."""

CREDENTIAL_PREFIXES: Final = ("aspsessionid", "card", "credit", "password", "passwort", "wachtwoord")
"""A word of a name that begins so: ``card_number``, ``cardno``, ``credit_limit``."""

CREDENTIAL_ENDINGS: Final = (
    "key",
    "pass",
    "passwd",
    "password",
    "passwort",
    "pwd",
    "secret",
    "sessid",
    "sessionid",
    "token",
)
"""A word of a name that ends so: ``csrfmiddlewaretoken``, ``userpassword``, ``secretkey``."""

CREDENTIAL_NAMES: Final = _set_of(
    "accesscode activationcode authcode code codeverifier confirmationcode devicecode logincode resetcode securitycode "
    "smscode verificationcode"
)
"""Whole names, written without what joins their words; ``country_code`` is none of them."""

CREDENTIAL_HEADERS: Final = frozenset({"authorization", "cookie", "proxy-authorization", "set-cookie"})
"""Headers whose whole value goes."""

_WORDS: Final = re.compile(r"[a-z]+")
_CAMEL_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def is_credential(name: str) -> bool:
    """Tell whether the value of a parameter, field or header of this name is, or may be, a credential.

    Args:
        name: decoded, in any case; words may be joined by case, digits or any other sign.
    """
    words = _WORDS.findall(name.lower())
    if any("code" in word for word in words) and "".join(words) in CREDENTIAL_NAMES:
        return True
    return any(
        word in CREDENTIAL_WORDS or word.startswith(CREDENTIAL_PREFIXES) or word.endswith(CREDENTIAL_ENDINGS)
        for word in (*words, *(word.lower() for word in _CAMEL_WORDS.findall(name)))
    )
