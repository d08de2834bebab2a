"""The pages of this layer and those above look like those of the lowest."""

from tenants.read_only import ReadOnlyAdmin

__all__ = ("ReadOnlyAdmin",)
