"""Pages for rows that belong to the machine: shown, filtered, acted upon, never edited by hand."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils.text import capfirst


class ReadOnlyAdmin(admin.ModelAdmin):
    """Whoever may view sees it; whoever has the model's change permission may use its actions."""

    list_per_page = 50
    empty_value_display = ""
    # The number of all rows is dear in a table that only grows.
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions_on_bottom = False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        context = {"title": capfirst(self.opts.verbose_name_plural), "may_act": self.has_act_permission(request)}
        return super().changelist_view(request, context | (extra_context or {}))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Named by actions as `permissions=["act"]`."""
        return request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")

    def refuse_unless_act(self, request: HttpRequest) -> HttpResponseNotAllowed | None:
        """The gate of a button: raises PermissionDenied; returns the answer to anything but a POST."""
        if not self.has_act_permission(request):
            raise PermissionDenied
        return None if request.method == "POST" else HttpResponseNotAllowed(["POST"])
