"""Words in a path that announce what comes next: a secret, a person, or the number of one."""

from typing import Final


def set_of(words: str) -> frozenset[str]:
    """Make a set of words that are written with blanks between them."""
    return frozenset(words.split())


SECRET_FOLLOWS: Final = set_of(
    "activate activation apikey autologin confirm confirmation invitation invite magic magiclink onetime optin optout otp "
    "passwd password pwd recover recovery reset secret session token tokens unsub unsubscribe validate validation "
    "verification verify"
)
"""After one of these, or after a compound such as ``reset-password``, all that follows may be a token."""

SECRET_COMPANIONS: Final = SECRET_FOLLOWS | set_of(
    "account address again api auth by cancel cancelled change check code complete completed create customer delete do "
    "done edit email error expired fail failed failure finish forgot forgotten form help index info invalid key link list "
    "login logout lost mail me member my new newsletter ok page phone register registration request resend send sent set "
    "settings sms start status step submit subscription success thanks update user users v1 v2 v3 view wait your"
)
"""Words that stand beside those of `SECRET_FOLLOWS` and are themselves no secret."""

PERSON_FOLLOWS: Final = set_of(
    "author authors contributor contributors member memberlist members nick nickname people person posted-by postedby "
    "poster profile profiles showuser u uid user userid username userprofile users viewprofile"
)
"""After one of these stands a person's name or number (R35)."""

PERSON_LATER: Final = PERSON_FOLLOWS | set_of("by display find id name search show view")
"""Words between one of `PERSON_FOLLOWS` and the person."""

PERSON_NAMED: Final = PERSON_LATER | set_of("talk")
"""Words that stand together with one of `PERSON_FOLLOWS` before a colon or equals sign: ``User talk:Jane``."""

PERSON_COMPANIONS: Final = set_of(
    "account active activity add admin all alphabetical atom avatar avatars badges by create dashboard delete directory "
    "edit faq feed forgot forgotten group groups guide guides help home index latest list login logout lost me messages "
    "new newest notifications online page password photo photos popular preferences privacy recent register registration "
    "reset roles rss search self settings signin signout signup stats terms top verify view"
)
"""Words after one of `PERSON_FOLLOWS` that name a page and nobody."""

FORUMS: Final = set_of("bbs board boards community discussion discussions forum forums thread threads topic topics")
"""Below one of these are the pages of a forum, of which some are called after an author (R35)."""

NUMBER_FOLLOWS: Final = set_of(
    "account accounts client clients contact contacts customer customers invoice invoices order orders patient patients "
    "student students subscriber subscribers ticket tickets"
)
"""After one of these a number stands for one person; a word does not."""
