from __future__ import annotations

from rest_framework.permissions import BasePermission, OperationHolderMixin
from rest_framework.request import Request
from rest_framework.views import APIView

from users.models import ServiceKey


class HasScope(OperationHolderMixin, BasePermission):
    """Service keys with this scope: `permission_classes = [IsAdminUser | HasScope("wallet:cash")]`.

    REST framework calls what it finds in `permission_classes`, so an instance answers with itself.
    """

    def __init__(self, scope: str) -> None:
        self.scope = scope

    def __call__(self) -> HasScope:
        return self

    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.auth, ServiceKey) and self.scope in request.auth.scopes
