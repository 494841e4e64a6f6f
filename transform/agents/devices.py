"""The form of a device, by the marks that makers agreed on: never its model."""

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

_ANOTHER: Final = r"(?i)smart-?tv|hbbtv|appletv|apple tv|googletv|netcast|bravia|roku|aft[a-z]\b|crkey|playstation|nintendo|xbox|viera|\bwatch|oculusbrowser"
_TABLET: Final = r"iPad|Tablet(?: ?[^P ]| P[^C]|$)|PlayBook|Kindle|Silk/"
_ANDROID: Final = "Android"
_ANDROID_BROWSER: Final = "^Mozilla.*Android"
_PHONE: Final = r"Mobi|iPhone|iPod|Phone|MIDP|BlackBerry|Opera Mini|Symbian|^Nokia|Windows CE|UP\.Browser"
_DESKTOP: Final = r"Windows|Win(?:9|NT)|Macintosh|Mac OS|Mac_P|X11|Linux|CrOS|BSD|SunOS|CYGWIN|Darwin/.*x86_64"


def devices(agents: pa.StringArray) -> pa.StringArray:
    """Name each agent's device: ``Desktop``, ``Phone``, ``Tablet`` or ``Other`` (televisions, consoles, headsets, unknown).

    A browser on Android says ``Mobile`` on a phone and not on a tablet; applications say neither, and most of them run
    on phones. ``Tablet PC`` is an old name of Windows.

    Args:
        agents: n texts without null.
    """
    another, tablet, phone, browser, android, desktop = (
        pc.match_substring_regex(agents, pattern)
        for pattern in (_ANOTHER, _TABLET, _PHONE, _ANDROID_BROWSER, _ANDROID, _DESKTOP)
    )
    cases = pc.make_struct(another, tablet, phone, browser, android, desktop)
    return pc.case_when(cases, "Other", "Tablet", "Phone", "Tablet", "Phone", "Desktop", "Other")
