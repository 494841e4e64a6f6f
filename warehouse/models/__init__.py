"""The models: one SQL file a mart or view, and the reading of their heads."""

from warehouse.models.model import Model, ModelError, lineage, load_models, read_model, view_text

__all__ = ["Model", "ModelError", "lineage", "load_models", "read_model", "view_text"]
