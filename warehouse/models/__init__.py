"""The models: one SQL file a mart or view, and the reading of their heads.

Their rooms, in the order in which they tell what becomes of the rows; each reads the facts and the rooms before it only:

views: which page views count, of all that were taken in.
traffic: how many of them came on each day from where, to which page and with what; releases are made of these.
operations: what servers answered and which bots came, told to the operator exactly.
customers: what registered customers did on each day, and the profiles that it makes.
"""

from warehouse.models.model import (
    GIVEN,
    PARAMETER,
    PARAMETERS,
    SOURCES,
    Head,
    ListOf,
    MapOf,
    Model,
    ModelError,
    lineage,
    load_models,
    read_model,
    view_text,
)

__all__ = [
    "GIVEN",
    "PARAMETER",
    "PARAMETERS",
    "SOURCES",
    "Head",
    "ListOf",
    "MapOf",
    "Model",
    "ModelError",
    "lineage",
    "load_models",
    "read_model",
    "view_text",
]
