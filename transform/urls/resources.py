"""Which paths are resources of a page (pictures, styles, downloads, feeds) and not pages themselves."""

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from transform.urls.words import set_of

STATIC_EXTENSIONS: Final = set_of(
    "7z apk asc atom avif bin bmp br bz2 c class conf cpp crx css csv cur db deb dll dmg doc docx eot eps epub exe flac "
    "flv gem gif go gz h heic ico ics img ini iso jar java jpeg jpg js json key less log lua lz4 m4a m4v map "
    "mid midi mjs mkv mobi mov mp3 mp4 mpeg mpg msi odp ods odt oga ogg ogv opus otf pcap pdf pkg png ppt "
    "pptx ps py pyc rar rb rdf rpm rss rtf scss sh sig spec sql svg svgz swf tar tex tgz tif tiff toml torrent ts tsv "
    "ttf txt vcf vim wasm wav webm webmanifest webp whl wma wmv woff woff2 xcf xls xlsx xml xpi xsd xsl xslt xz yaml "
    "yml zip zst patch"
)
"""Lower case, without the dot. Programs that answer with pages (``.php``, ``.cgi``) are not here."""

_STATIC: Final = rf"(?i)\.(?:{'|'.join(sorted(STATIC_EXTENSIONS))})$"


def is_static(paths: pa.StringArray) -> pa.BooleanArray:
    """Tell for each path whether it ends as a static resource does; null stays null.

    Args:
        paths: as `scrub_targets` gives them; placeholders keep a file's ending, so ``/avatars/{id}.png`` is static.
    """
    return pc.match_substring_regex(paths, _STATIC)
