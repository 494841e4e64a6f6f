"""The models: one SQL file a mart or view, and the reading of their heads."""

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
